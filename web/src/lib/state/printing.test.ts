import { expect, it, vi } from 'vitest';
import { printing, type Printable } from './printing.svelte';

function conversation(pages: number): Printable & { read: number } {
  return {
    read: 0,
    older: pages ? 'cursor' : null,
    async loadOlder() {
      this.read += 1;
      if (this.read === pages) this.older = null;
    }
  };
}

it('everything is read and drawn before it is printed', async () => {
  vi.useFakeTimers();
  const talk = conversation(3);
  const order: string[] = [];
  let looks = 0;
  const done = printing.print(
    talk,
    () => order.push(`printed ${talk.read} ${printing.wanted}`),
    () => (looks += 1) < 3
  );
  await vi.advanceTimersByTimeAsync(1_000);
  await done;
  expect([order, looks, printing.wanted]).toEqual([['printed 3 true'], 3, false]);
  vi.useRealTimers();
});

it('a conversation without an end is read up to a bound', async () => {
  vi.useFakeTimers();
  const talk = conversation(Number.POSITIVE_INFINITY);
  const print = vi.fn();
  const done = printing.print(talk, print, () => true);
  await vi.advanceTimersByTimeAsync(10_000);
  await done;
  expect([talk.read, print.mock.calls.length]).toEqual([40, 1]);
  vi.useRealTimers();
});

it('nothing is printed if earlier messages cannot be read', async () => {
  const print = vi.fn();
  const broken = { older: 'cursor', loadOlder: () => Promise.reject(new Error('away')) };
  await expect(printing.print(broken, print, () => false)).rejects.toThrow('away');
  expect([print.mock.calls.length, printing.wanted]).toEqual([0, false]);
});
