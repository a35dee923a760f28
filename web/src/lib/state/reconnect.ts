// How long to wait before a cut stream is taken up again.

const FIRST_MS = 400;
const LONGEST_MS = 8000;

/** Doubling, with a fifth of chance so that many browsers do not come back at once. */
export function reconnectDelay(attempt: number, chance: number): number {
  const delay = Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS);
  return Math.round(delay * (0.9 + chance * 0.2));
}

/** Waits its turn; returns early when the network comes back or the page leaves. */
export function waitToReconnect(attempt: number, leave: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      removeEventListener('online', finish);
      leave.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, reconnectDelay(attempt, Math.random()));
    addEventListener('online', finish);
    leave.addEventListener('abort', finish);
  });
}
