import { expect, it } from 'vitest';
import { fitted, isPicture } from './fit';

it('makes large pictures smaller and leaves small ones', () => {
  expect(fitted(4000, 3000)).toEqual({ width: 1568, height: 1176 });
  expect(fitted(300, 6272)).toEqual({ width: 75, height: 1568 });
  expect(fitted(20_000, 1)).toEqual({ width: 1568, height: 1 });
  expect(fitted(640, 480)).toEqual({ width: 640, height: 480 });
});

it('knows the pictures that models see by their type', () => {
  expect(
    ['image/png', 'image/jpeg', 'image/webp', 'image/svg+xml', 'image/gif', 'application/pdf'].map((type) =>
      isPicture({ type })
    )
  ).toEqual([true, true, true, false, false, false]);
});
