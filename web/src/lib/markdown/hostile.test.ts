// Texts that are made to hold up a parser: each is read in linear time, also at every delta.
import { describe, expect, it } from 'vitest';
import { MOST_MARKDOWN, parseMarkdown } from './parse';
import { completed } from './streaming';

const fill = (part: string, length: number) => part.repeat(Math.ceil(length / part.length)).slice(0, length);

const PARTS: [string, string][] = [
  ['brackets', '['],
  ['pairs of brackets', '[]'],
  ['links without an end', '[a]('],
  ['pictures without an end', '![a]('],
  ['quotes', '> '],
  ['quotes and lists', '> - '],
  ['stars', '*a '],
  ['stars of both kinds', '*a **b '],
  ['underscores', '_a __b '],
  ['tildes', '~~a '],
  ['backticks of many lengths', '` `` ``` '],
  ['fences', '```\n~~~\n'],
  ['dollars', '$'],
  ['single dollars', '$a '],
  ['double dollars', '$$a '],
  ['display formulas without an end', '$$\n'],
  ['brackets of formulas', '\\[\n'],
  ['round formulas without an end', '\\('],
  ['backslashes', '\\'],
  ['footnotes', '[^a]: b\n'],
  ['marks of footnotes', '[^a'],
  ['notes in notes', '[^a]: [^b]: '],
  ['citations', '[1,1, 1 ,'],
  ['tables', '|a|b|\n|-|-|\n'],
  ['cells', '|a'],
  ['headings', '# '],
  ['rules', '- - '],
  ['addresses', 'http://a.b/ '],
  ['addresses in one', 'http://'],
  ['addresses of mail', 'mailto:a@b.c'],
  ['autolinks', '<http://a'],
  ['entities', '&#x'],
  ['html', '<a b="'],
  ['line breaks', '\n'],
  ['tabs', '\t'],
  ['list items', '1. a\n'],
  ['deep lists', '- '],
  ['zero bytes', '\0']
];

describe.each([MOST_MARKDOWN, 1_000_000])('a text of %i characters', (length) => {
  it.each(PARTS)('of %s', (_, part) => {
    const text = fill(part, length);
    const begun = performance.now();
    const blocks = parseMarkdown(completed(text), new Set([1]), { unfinished: true });
    expect(blocks.length).toBeGreaterThan(-1);
    expect(performance.now() - begun).toBeLessThan(4_000);
  });
});

it('many footnotes, each of its own, are read in linear time', () => {
  const notes = Array.from({ length: 12_000 }, (_, at) => `[^${at}]: n\n\n`).join('');
  const begun = performance.now();
  const last = parseMarkdown(notes).at(-1);
  expect(last?.kind === 'footnotes' && last.notes.length).toBe(12_000);
  expect(performance.now() - begun).toBeLessThan(4_000);
});

it('a text that is too long for Markdown loses no letter', () => {
  const text = `${fill('**a** [x](https://example.org) ', MOST_MARKDOWN + 1)}\n\nend`;
  const blocks = parseMarkdown(text);
  const shown = blocks.flatMap((block) => (block.kind === 'paragraph' ? block.children : []));
  expect(shown.map((node) => (node.kind === 'text' ? node.text : '')).join('\n\n')).toBe(text);
});

it('formulas beyond what is drawn are shown as their source', () => {
  const blocks = parseMarkdown('\\(x\\) '.repeat(600));
  const nodes = blocks[0]?.kind === 'paragraph' ? blocks[0].children : [];
  expect(nodes.filter(({ kind }) => kind === 'math')).toHaveLength(500);
  expect(nodes.filter(({ kind }) => kind === 'code')).toHaveLength(100);
});
