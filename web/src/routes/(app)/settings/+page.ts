import { asProblem } from '$lib/api/problem';
import { listSessions } from '$lib/state/account';

export async function load({ parent, depends }) {
  depends('account:sessions');
  await parent();
  try {
    return { ...(await listSessions()), problem: null };
  } catch (thrown) {
    return { sessions: [], current: '', problem: asProblem(thrown) };
  }
}
