import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reloadWhenServed } from './maintenance';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('the page is loaded again once the service answers, and not before', async () => {
  const statuses = [503, 502, 200];
  const asked = vi.fn(() => Promise.resolve(new Response('', { status: statuses.shift() ?? 200 })));
  vi.stubGlobal('fetch', asked);
  const reload = vi.fn();
  reloadWhenServed(reload);
  await vi.advanceTimersByTimeAsync(14_000);
  expect(asked).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(3 * 45_000);
  expect(asked).toHaveBeenCalledTimes(3);
  expect(reload).toHaveBeenCalledOnce();
});

test('an unreachable server is asked again, and a page that is left asks no more', async () => {
  const asked = vi.fn(() => Promise.reject(new TypeError('no connection')));
  vi.stubGlobal('fetch', asked);
  const reload = vi.fn();
  const stop = reloadWhenServed(reload);
  await vi.advanceTimersByTimeAsync(45_000);
  stop();
  const before = asked.mock.calls.length;
  expect(before).toBeGreaterThan(0);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(asked.mock.calls.length).toBe(before);
  expect(reload).not.toHaveBeenCalled();
});
