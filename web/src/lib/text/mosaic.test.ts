import { expect, it } from 'vitest';
import { mosaic } from './mosaic';

it('lays the same tiles for the same seed, and others for another', () => {
  expect(mosaic('a')).toEqual(mosaic('a'));
  expect(mosaic('a')).not.toEqual(mosaic('b'));
});

it('fills the square once and mirrors it', () => {
  for (const side of [3, 4]) {
    const tiles = mosaic('0192-aa', side);
    expect(new Set(tiles.map(({ x, y }) => `${x},${y}`)).size).toBe(side * side);
    for (const { x, y, glaze } of tiles) {
      expect(tiles.find((tile) => tile.x === side - 1 - x && tile.y === y)?.glaze).toBe(glaze);
    }
  }
});
