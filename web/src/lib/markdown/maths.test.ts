import { describe, expect, it } from 'vitest';
import { parseMarkdown, type Block, type Inline } from './parse';
import { completed } from './streaming';

const line = (text: string): Inline[] => {
  const [first] = parseMarkdown(text);
  return first?.kind === 'paragraph' ? first.children : [];
};
const formulas = (text: string) => line(text).flatMap((node) => (node.kind === 'math' ? [node.tex] : []));
const blocks = (text: string, unfinished = false): Block[] => parseMarkdown(text, new Set(), { unfinished });

describe('formulas in a line', () => {
  it.each([
    ['So \\(a^2 \\, b\\) holds.', 'a^2 \\, b'],
    ['So $$a_1$$ holds.', 'a_1'],
    ['So $a^2 + b^2 = c^2$ holds.', 'a^2 + b^2 = c^2'],
    ['Let $n$ be even.', 'n'],
    ['With $\\alpha$, too.', '\\alpha'],
    ['**bold \\(x*y*z\\)**', null],
    ['($x_i$)', 'x_i']
  ])('%s', (text, tex) => expect(formulas(text)).toEqual(tex === null ? [] : [tex]));

  it('marks of Markdown within a formula are no marks', () => {
    expect(JSON.stringify(line('**bold \\(x*y*z\\)**'))).toContain('{"kind":"math","tex":"x*y*z"}');
    expect(formulas('\\(a_1 [1] _b_\\)')).toEqual(['a_1 [1] _b_']);
  });
});

describe('what is no formula', () => {
  it.each([
    'It costs $5, or 5$ each.',
    'From $5 to $10.',
    '$5-$10 a month',
    '$5 = 50 kr, so 2$',
    'US$ 3 and A$ 4',
    'export A=$HOME_A:$HOME_B',
    '$PATH=$PATH',
    'a $ b = c $ d',
    '\\$x^2\\$',
    '$ x^2 $',
    '$1k = 1 000$',
    'the word $$',
    '`$x^2$`',
    '`\\(x\\)`'
  ])('%s', (text) => expect(formulas(text)).toEqual([]));

  it('brackets that the built-in answerer escapes stay brackets', () => {
    expect(blocks('\\[Appendix 1\\]')).toEqual([
      { kind: 'paragraph', children: [{ kind: 'text', text: '[Appendix 1]' }] }
    ]);
    expect(formulas('and not \\[c\\].')).toEqual([]);
  });
});

describe('formulas with lines to themselves', () => {
  const math = (tex: string) => [{ kind: 'math', tex, open: false }];

  it.each([
    ['$$\na \\\\\n= b\n\n- c\n$$', 'a \\\\\n= b\n\n- c'],
    ['$$x^2$$', 'x^2'],
    ['\\[\na \\, b\n\\]', 'a \\, b'],
    ['\\[ x = 1 \\]', 'x = 1'],
    ['\\[ \\frac{a}{b} \\]', '\\frac{a}{b}']
  ])('%j', (text, tex) => expect(blocks(text)).toEqual(math(tex)));

  it('end a paragraph, and stand in lists and quotes', () => {
    expect(blocks('Then:\n$$\na\n$$\nand').map(({ kind }) => kind)).toEqual(['paragraph', 'math', 'paragraph']);
    expect(JSON.stringify(blocks('- one\n  $$\n  a\n  $$\n'))).toContain('{"kind":"math","tex":"a","open":false}');
    expect(JSON.stringify(blocks('> $$\n> a\n> $$\n'))).toContain('{"kind":"math","tex":"a","open":false}');
  });

  it('two in one line are two', () => {
    expect(formulas('$$a$$ and $$b$$')).toEqual(['a', 'b']);
  });

  it('without an end they are text, or still being written', () => {
    expect(blocks('$$\na')[0]?.kind).toBe('paragraph');
    expect(blocks('$$\na', true)).toEqual([{ kind: 'math', tex: 'a', open: true }]);
  });
});

it('half a formula does not flash as text', () => {
  expect(completed('So \\(a^2')).toBe('So ');
  expect(completed('So \\(a\\) and')).toBe('So \\(a\\) and');
  expect(completed('So $$a')).toBe('So ');
  expect(completed('So $$a$$ b')).toBe('So $$a$$ b');
  expect(completed('So\n\n$$\na')).toBe('So\n\n$$\na');
});
