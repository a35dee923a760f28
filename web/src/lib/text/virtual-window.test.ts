import { expect, it } from 'vitest';
import { windowOf } from './virtual-window';

const rows = Array.from({ length: 100 }, () => 50);

it('draws the rows in view and keeps the height of the others', () => {
  expect(windowOf(rows, 1000, 200)).toEqual({ from: 20, to: 24, before: 1000, after: 76 * 50 });
});

it('begins at the first row above the list', () => {
  expect(windowOf(rows, -400, 600)).toEqual({ from: 0, to: 4, before: 0, after: 96 * 50 });
});

it('draws the last row below the list', () => {
  expect(windowOf(rows, 9000, 600)).toEqual({ from: 99, to: 100, before: 99 * 50, after: 0 });
});

it('knows rows of any height', () => {
  expect(windowOf([10, 300, 20, 40], 15, 300)).toEqual({ from: 1, to: 3, before: 10, after: 40 });
});

it('draws nothing of nothing', () => {
  expect(windowOf([], 0, 600)).toEqual({ from: 0, to: 0, before: 0, after: 0 });
});
