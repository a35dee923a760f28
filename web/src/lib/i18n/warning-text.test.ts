import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { isMessageKey, locale } from './index.svelte';
import { leftOut, losses, warningName, warningPages, warningText } from './warning-text';

afterEach(() => locale.choose('en'));

it('has words for every kind of warning', () => {
  const source = readFileSync(new URL('../../../../crates/extract/src/warning.rs', import.meta.url), 'utf8');
  const kinds = Array.from(source.matchAll(/=> "([a-z_]+)",/g), (match) => match[1] ?? '');
  expect(kinds.length).toBeGreaterThan(10);
  for (const form of ['other', 'name']) {
    expect(kinds.filter((kind) => !isMessageKey(`warning.${kind}.${form}`))).toEqual([]);
  }
});

it('names the pages in Swedish', () => {
  locale.choose('sv');
  const warning = { kind: 'pages_without_text', count: 3, pages: [2, 5, 6], page_counts: [1, 1, 1] };
  expect(warningText(warning)).toMatch(/^3 sidor saknar text/);
  expect(warningPages(warning)).toBe('Sidor: 2, 5, 6');
});

it('shortens a long list of pages and knows no empty one', () => {
  const pages = Array.from({ length: 40 }, (_, at) => at + 1);
  expect(warningPages({ pages, page_counts: [] })).toMatch(/12 and more$/);
  expect(warningPages({ pages: [], page_counts: [] })).toBe('');
});

it('counts on each page where there is more than one', () => {
  expect(warningPages({ pages: [2, 5], page_counts: [14, 1] })).toBe('Pages: 2 (14), 5');
});

it('has words for a kind that it does not know', () => {
  expect(warningName('unheard_of')).toBe('Other parts');
  expect(warningText({ kind: 'unheard_of', count: 2 })).toBe('2 parts could not be read.');
});

it('counts what no reader misses apart from losses', () => {
  const of = (kind: string, which: 'loss' | 'left_out') => ({
    kind,
    class: which,
    count: 1,
    pages: [],
    page_counts: []
  });
  const all = [of('skipped_navigation', 'left_out'), of('unmapped_letters', 'loss'), of('unheard_of', 'loss')];
  expect(losses(all).map(({ kind }) => kind)).toEqual(['unmapped_letters', 'unheard_of']);
  expect(leftOut(all).map(({ kind }) => kind)).toEqual(['skipped_navigation']);
});
