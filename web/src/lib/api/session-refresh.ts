// Renews the access cookie. A refresh token works once, so tabs take turns and share the outcome.
import { csrfHeaders, csrfToken } from './csrf';
import { origin } from './origin';

const REFRESHED_AT = 'tessera.refreshed_at';
const REFRESHING = 'tessera.refreshing';
const GIVE_UP_MS = 4000;
const LOOK_AGAIN_MS = 100;
const LOCK = 'tessera.refresh';

export type Refreshed = 'renewed' | 'signed-out' | 'unreachable';

let running: Promise<Refreshed> | null = null;

/** Renews the session unless another call or tab has done so since `requestedAt` (milliseconds, `Date.now()`). */
export function refreshSession(requestedAt: number): Promise<Refreshed> {
  running ??= exclusively(() => refreshOnce(requestedAt)).finally(() => (running = null));
  return running;
}

async function refreshOnce(requestedAt: number): Promise<Refreshed> {
  if (Number(recall(REFRESHED_AT)) > requestedAt || (await finishedByFormerPage())) return 'renewed';
  remember(REFRESHING, `${Date.now()} ${csrfToken()}`);
  try {
    // Goes on when the page goes: the new token must reach the cookies, for the old one is spent.
    const response = await fetch(`${origin()}/api/v1/auth/refresh`, {
      method: 'POST',
      headers: csrfHeaders(),
      keepalive: true
    });
    if (response.ok) {
      remember(REFRESHED_AT, String(Date.now()));
      return 'renewed';
    }
    return response.status === 401 || response.status === 403 ? 'signed-out' : 'unreachable';
  } catch {
    return 'unreachable';
  } finally {
    remember(REFRESHING, null);
  }
}

/**
 * A page that was left in the middle of a renewal cannot tell its outcome. Its answer brings a new CSRF cookie, so that
 * is waited for: spending the same refresh token twice would end the session.
 */
async function finishedByFormerPage(): Promise<boolean> {
  const [at = '', csrf = ''] = recall(REFRESHING).split(' ');
  while (at && Date.now() - Number(at) < GIVE_UP_MS) {
    if (csrfToken() !== csrf) {
      remember(REFRESHING, null);
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return false;
}

// Web Locks need a secure context; over plain http on a local network only this tab is serialised.
async function exclusively(work: () => Promise<Refreshed>): Promise<Refreshed> {
  return navigator.locks ? await navigator.locks.request(LOCK, work) : work();
}

// Without storage each tab and page renews for itself.
function recall(key: string): string {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // See above.
  }
}
