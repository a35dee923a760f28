import { expect, it } from 'vitest';
import { correction } from './keeps-place';

it('the view moves with what grows above it', () => {
  expect(correction(300, -500, 52, 4_000)).toBe(300);
  expect(correction(-120, -10, 52, 4_000)).toBe(-120);
});

it('the view stays if something grows in it or below', () => {
  expect(correction(300, 52, 52, 4_000)).toBe(0);
  expect(correction(300, 900, 52, 4_000)).toBe(0);
});

it('at the end the view follows the end', () => {
  expect(correction(300, -500, 52, 10)).toBe(0);
});
