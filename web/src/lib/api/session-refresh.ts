// Renews the access cookie. A refresh token works once, so tabs take turns and share the outcome.
import { csrfHeaders } from './csrf';
import { origin } from './origin';

const REFRESHED_AT = 'tessera.refreshed_at';
const LOCK = 'tessera.refresh';

export type Refreshed = 'renewed' | 'signed-out' | 'unreachable';

let running: Promise<Refreshed> | null = null;

/** Renews the session unless another call or tab has done so since `requestedAt` (milliseconds, `Date.now()`). */
export function refreshSession(requestedAt: number): Promise<Refreshed> {
  running ??= exclusively(() => refreshOnce(requestedAt)).finally(() => (running = null));
  return running;
}

async function refreshOnce(requestedAt: number): Promise<Refreshed> {
  if (refreshedAt() > requestedAt) return 'renewed';
  try {
    const response = await fetch(`${origin()}/api/v1/auth/refresh`, { method: 'POST', headers: csrfHeaders() });
    if (response.ok) {
      rememberRefresh();
      return 'renewed';
    }
    return response.status === 401 || response.status === 403 ? 'signed-out' : 'unreachable';
  } catch {
    return 'unreachable';
  }
}

// Web Locks need a secure context; over plain http on a local network only this tab is serialised.
async function exclusively(work: () => Promise<Refreshed>): Promise<Refreshed> {
  return navigator.locks ? await navigator.locks.request(LOCK, work) : work();
}

function refreshedAt(): number {
  try {
    return Number(localStorage.getItem(REFRESHED_AT) ?? 0);
  } catch {
    return 0;
  }
}

function rememberRefresh(): void {
  try {
    localStorage.setItem(REFRESHED_AT, String(Date.now()));
  } catch {
    // Without storage each tab renews for itself.
  }
}
