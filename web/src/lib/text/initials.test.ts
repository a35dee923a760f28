import { describe, expect, it } from 'vitest';
import { initials } from './initials';

describe('initials', () => {
  it.each([
    ['Anna Lind', 'AL'],
    ['  åsa  maria öberg ', 'ÅM'],
    ['bo', 'B'],
    ['😀 Bo', '😀B'],
    ['', '']
  ])('of %j are %j', (name, letters) => expect(initials(name)).toBe(letters));
});
