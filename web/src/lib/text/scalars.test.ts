import { describe, expect, it } from 'vitest';
import { cutPage, utf16Index } from './scalars';

describe('offsets in scalar values', () => {
  it('are the same as UTF-16 in the basic plane', () => {
    expect(utf16Index('räksmörgås', 4)).toBe(4);
  });

  it('count an astral character once', () => {
    const text = 'a😀b𝒳c';
    expect(utf16Index(text, 2)).toBe(3);
    expect(text.slice(utf16Index(text, 2), utf16Index(text, 4))).toBe('b𝒳');
  });

  it('cut the passage out of its page', () => {
    expect(cutPage('📄 Page one. The fee is 40 €. End.', 12, 29)).toEqual({
      before: '📄 Page one. ',
      passage: 'The fee is 40 €. ',
      after: 'End.'
    });
  });

  it('stay inside the text when the range does not', () => {
    expect(cutPage('abc', 2, 99)).toEqual({ before: 'ab', passage: 'c', after: '' });
    expect(cutPage('abc', 9, 12)).toEqual({ before: 'abc', passage: '', after: '' });
    expect(cutPage('abc', 2, 1)).toEqual({ before: 'ab', passage: '', after: 'c' });
    expect(cutPage('abc', -3, 1).passage).toBe('a');
  });

  it('count a lone surrogate as one', () => {
    expect(utf16Index('\ud83dx', 1)).toBe(1);
  });
});
