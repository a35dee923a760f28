import { afterEach, expect, it } from 'vitest';
import { locale } from '$lib/i18n/index.svelte';
import { sourceDates } from './source-dates';

const source = (published: string | null, modified: string | null) => ({
  url: 'https://example.org/a',
  fetched_at: '2026-11-28T12:00:00Z',
  published,
  modified
});
const dates = (published: string | null, modified: string | null) =>
  sourceDates(source(published, modified), (at) => at.slice(0, 10));

afterEach(() => locale.choose('en'));

it('says when a page was crawled, and its own dates', () => {
  locale.choose('en');
  expect(dates('2026-05-03', '2026-06-25T15:00:00Z')).toEqual([
    'Crawled 2026-11-28',
    expect.stringMatching(/^Published .*May.* 2026$/),
    expect.stringMatching(/^Updated on the website .*Jun.* 2026$/)
  ]);
  expect(dates(null, null)).toEqual(['Crawled 2026-11-28']);
  expect(dates('2026-05-03', '2026-05-03')).toHaveLength(2);
});

it('is in the language of the reader', () => {
  locale.choose('sv');
  expect(dates('2026-05-03', null)).toEqual(['Hämtad 2026-11-28', expect.stringMatching(/^Publicerad 3 maj 2026$/)]);
});
