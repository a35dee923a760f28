import { expect, it } from 'vitest';
import { windowOf } from './virtual-window';

const rows = Array.from({ length: 100 }, () => 50);
/** What is drawn from top to bottom: places of rows, and heights of room between them. */
const drawn = (...asked: Parameters<typeof windowOf>) => {
  const { rows, after } = windowOf(...asked);
  const parts = rows.flatMap(({ place, before }) => (before ? [`${before}px`, place] : [place]));
  return after ? [...parts, `${after}px`] : parts;
};

it('draws the rows in view and keeps the height of the others', () => {
  expect(drawn(rows, 1000, 200)).toEqual(['1000px', 20, 21, 22, 23, `${76 * 50}px`]);
});

it('begins at the first row above the list', () => {
  expect(drawn(rows, -400, 600)).toEqual([0, 1, 2, 3, `${96 * 50}px`]);
});

it('draws the last row below the list', () => {
  expect(drawn(rows, 9000, 600)).toEqual([`${99 * 50}px`, 99]);
});

it('knows rows of any height', () => {
  expect(drawn([10, 300, 20, 40], 15, 300)).toEqual(['10px', 1, 2, '40px']);
});

it('draws nothing of nothing', () => {
  expect(drawn([], 0, 600)).toEqual([]);
});

it('draws a row that is kept, wherever the others are', () => {
  expect(drawn(rows, 1000, 100, 3)).toEqual(['150px', 3, '800px', 20, 21, `${78 * 50}px`]);
  expect(drawn(rows, 1000, 100, 19)).toEqual(['950px', 19, 20, 21, `${78 * 50}px`]);
  expect(drawn(rows, 1000, 100, 21)).toEqual(['1000px', 20, 21, `${78 * 50}px`]);
  expect(drawn(rows, 1000, 100, 22)).toEqual(['1000px', 20, 21, 22, `${77 * 50}px`]);
  expect(drawn(rows, 1000, 100, 99)).toEqual(['1000px', 20, 21, `${77 * 50}px`, 99]);
});

it('keeps no row that is gone', () => {
  expect(drawn(rows, 1000, 100, 100)).toEqual(drawn(rows, 1000, 100));
});
