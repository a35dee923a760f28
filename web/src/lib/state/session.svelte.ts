// Who is signed in.
import { answer, api, done } from '$lib/api/client';
import { ApiProblem } from '$lib/api/problem';
import type { User } from '$lib/api/types';

class Session {
  user = $state<User | null>(null);

  /** Asks the server who this is; null where nobody is signed in. */
  async load(): Promise<User | null> {
    if (this.user) return this.user;
    try {
      this.user = await answer(api.GET('/api/v1/me'));
    } catch (thrown) {
      if (thrown instanceof ApiProblem && thrown.status === 401) return null;
      throw thrown;
    }
    return this.user;
  }

  /** The organisation is asked for only where an address and its password are good in several. */
  async signIn(email: string, password: string, tenant = ''): Promise<void> {
    const body = { email, password, ...(tenant ? { tenant } : {}) };
    const result = await answer(api.POST('/api/v1/auth/login', { body }));
    this.user = result.user;
  }

  async setUp(body: {
    token: string;
    organisation: string;
    display_name: string;
    email: string;
    password: string;
  }): Promise<void> {
    const result = await answer(api.POST('/api/v1/auth/setup', { body }));
    this.user = result.user;
  }

  async acceptInvitation(body: { token: string; password: string; display_name: string }): Promise<void> {
    const result = await answer(api.POST('/api/v1/auth/invitation/accept', { body }));
    this.user = result.user;
  }

  /** Ends the session; answers with the page where the one at the provider ends, too, if it was begun there. */
  async signOut(): Promise<string | null> {
    const call = api.POST('/api/v1/auth/logout');
    await done(call);
    const address = (await call).data?.end_session_url;
    return address && /^https?:\/\//.test(address) ? address : null;
  }
}

export const session = new Session();

/** The page to open after signing in: a path of this origin, never anybody else's. */
export function returnPath(requested: string | null, origin: string): string {
  if (!requested?.startsWith('/')) return '/';
  try {
    const url = new URL(requested, origin);
    return url.origin === origin ? url.pathname + url.search + url.hash : '/';
  } catch {
    return '/';
  }
}
