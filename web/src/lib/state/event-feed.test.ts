import { expect, it, vi } from 'vitest';
import { eventFeed } from './event-feed';

vi.mock('$lib/api/session-refresh', () => ({ refreshSession: () => Promise.resolve('renewed') }));

let refuses = true;
const opened: number[] = [];
const sources: Source[] = [];

class Source {
  static CLOSED = 2;
  readyState = refuses ? 2 : 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  addEventListener = vi.fn();
  close = vi.fn();
  constructor() {
    opened.push(Date.now());
    sources.push(this);
    queueMicrotask(() => (refuses ? this.onerror?.() : this.onopen?.()));
  }
}

it('asks less and less often while it is refused, and soon again after it was let in', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: vi.fn(), removeEventListener: vi.fn() });
  const stop = eventFeed.listen({ event: vi.fn(), resync: vi.fn() });
  await vi.advanceTimersByTimeAsync(240_000);
  const waits = opened.slice(1).map((at, n) => (at - (opened[n] ?? 0)) / 1000);
  expect(waits).toEqual([3, 6, 12, 24, 48, 60, 60]);

  refuses = false;
  await vi.advanceTimersByTimeAsync(60_000);
  refuses = true;
  const [last, before] = [sources.at(-1), opened.length];
  if (last) last.readyState = 2;
  last?.onerror?.();
  await vi.advanceTimersByTimeAsync(3000);
  expect(opened.length).toBe(before + 1);
  stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
