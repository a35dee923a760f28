import { expect, it } from 'vitest';
import { PacedText, type Clock } from './paced.svelte';

function clock(took: number) {
  const waiting: { ms: number; call: () => void }[] = [];
  let now = 0;
  const one: Clock = {
    now: () => now,
    after: (ms, call) => {
      const turn = { ms, call };
      waiting.push(turn);
      return () => void waiting.splice(waiting.indexOf(turn), 1);
    },
    drawn: async () => void (now += took)
  };
  return { one, waiting };
}
const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

it('many deltas are drawn at once, and the last is never left out', async () => {
  const { one, waiting } = clock(10);
  const text = new PacedText('a', one);
  expect(text.current).toBe('a');
  text.follow('ab');
  text.follow('abc');
  expect(waiting).toHaveLength(1);
  waiting.shift()?.call();
  text.follow('abcd');
  await settled();
  expect(text.current).toBe('abc');
  expect(waiting.map(({ ms }) => ms)).toEqual([30]);
  waiting.shift()?.call();
  await settled();
  expect([text.current, waiting.length]).toEqual(['abcd', 0]);
});

it('drawing that takes long is done once a second at most', async () => {
  const { one, waiting } = clock(5_000);
  const text = new PacedText('', one);
  text.follow('a');
  waiting.shift()?.call();
  await settled();
  text.follow('ab');
  expect(waiting.map(({ ms }) => ms)).toEqual([1_000]);
});

it('an answer that is left is drawn no more', async () => {
  const { one, waiting } = clock(1);
  const text = new PacedText('', one);
  text.follow('a');
  text.leave();
  await settled();
  expect([text.current, waiting.length]).toEqual(['', 0]);
});
