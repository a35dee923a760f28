import { render } from 'svelte/server';
import { expect, it } from 'vitest';
import type { WebsitePageDiff } from '$lib/api/types';
import PageDiff from './PageDiff.svelte';

const diff: WebsitePageDiff = {
  before: '2026-11-01T12:00:00Z',
  after: '2026-11-28T12:00:00Z',
  hunks: [
    {
      skipped: 3,
      lines: [
        { change: 'same', text: 'The laundry' },
        { change: 'removed', text: 'It opens at seven.' },
        { change: 'added', text: 'It opens at <b>eight</b>.' }
      ]
    }
  ],
  cut: false
};

const html = (changes: Partial<WebsitePageDiff> = {}) =>
  render(PageDiff, { props: { diff: { ...diff, ...changes }, lang: 'en', open: true } }).body;

it('says what was removed and added, and since when', () => {
  const shown = html();
  expect(shown).toMatch(/What changed 28 Nov 2026/);
  expect(shown).toMatch(/Compared with the text from 1 Nov 2026/);
  expect(shown).toContain('3 unchanged paragraphs');
  expect(shown).toMatch(/Removed:[^]*<del[^>]*>It opens at seven\.<\/del>/);
  expect(shown).toMatch(/Added:[^]*<ins[^>]*>It opens at &lt;b>eight&lt;\/b>\.<\/ins>/);
});

it('says that only a part was compared, or that nothing has changed', () => {
  expect(html()).not.toContain('only a part');
  expect(html({ cut: true })).toContain('only a part of it was compared');
  expect(html({ hunks: [] })).toContain('The text says the same as before');
});
