// One's own account: where one is signed in, the password.
import { answer, api, done, listAll } from '$lib/api/client';
import type { Session } from '$lib/api/types';

const PAGE = 100;

/** Where one is signed in, this browser first, then by last use. */
export async function listSessions(): Promise<{ sessions: Session[]; current: string }> {
  let current = '';
  const found = await listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/auth/sessions', { params: { query: { limit: PAGE, cursor } } }));
    current = page.current_session_id;
    return { items: page.sessions, next: page.next_cursor };
  });
  const rank = ({ id, used_at }: Session) => (id === current ? Infinity : Date.parse(used_at));
  return { sessions: found.sort((one, other) => rank(other) - rank(one)), current };
}

/** Ends a session; one that has ended meanwhile is as good. */
export async function endSession({ id }: Session): Promise<void> {
  await done(api.DELETE('/api/v1/auth/sessions/{session_id}', { params: { path: { session_id: id } } }), [404]);
}

export async function changePassword(current_password: string, password: string): Promise<void> {
  await done(api.POST('/api/v1/auth/password', { body: { current_password, password } }));
}
