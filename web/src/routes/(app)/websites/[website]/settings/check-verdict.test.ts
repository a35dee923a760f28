import { expect, it } from 'vitest';
import type { CheckResult } from '$lib/api/types';
import { isTaken, warningsOf } from './check-verdict';

const page: CheckResult = {
  final_url: 'https://example.org/',
  status_code: 200,
  media_type: 'text/html',
  title: 'Example',
  language: 'en',
  text: 'Long text.',
  characters: 4000,
  quality: 0.9,
  links: ['https://example.org/a'],
  links_within: 1,
  links_elsewhere: 0,
  robots_allowed: true,
  sitemaps: [],
  noindex: false,
  unavailable_after: null,
  canonical: 'https://example.org/',
  needs_javascript: false,
  rendered: false,
  rendering_failure_code: null,
  failure_code: null,
  failure_detail: null
};

it('a good page is taken without a warning', () => {
  expect(isTaken(page)).toBe(true);
  expect(warningsOf(page, 'links')).toEqual([]);
});

it('a page that may not be fetched, or has no text, is not taken', () => {
  expect(isTaken({ ...page, robots_allowed: false })).toBe(false);
  expect(isTaken({ ...page, failure_code: 'dns_failed' })).toBe(false);
  expect(isTaken({ ...page, noindex: true })).toBe(false);
  expect(isTaken({ ...page, characters: 0 })).toBe(false);
});

it('each doubt is named', () => {
  const found = (part: Partial<CheckResult>) => warningsOf({ ...page, ...part }, 'links');
  expect(found({ noindex: true })).toEqual(['noindex']);
  expect(found({ unavailable_after: '2099-06-25T15:00:00.000Z' })).toEqual(['expires']);
  expect(found({ needs_javascript: true, characters: 3, quality: 0.1 })).toEqual(['javascript']);
  expect(found({ rendering_failure_code: 'chromium_missing', needs_javascript: true, characters: 3 })).toEqual([
    'notRendered'
  ]);
  expect(found({ canonical: 'https://example.org/other' })).toEqual(['canonical']);
  expect(found({ quality: 0.2, characters: 50 })).toEqual(['weak', 'short']);
  expect(found({ links_within: 0 })).toEqual(['noLinks']);
  expect(warningsOf({ ...page, links_within: 0 }, 'pages')).toEqual([]);
});

it('what was not fetched is not judged', () => {
  expect(warningsOf({ ...page, failure_code: 'dns_failed', links_within: 0, quality: 0 }, 'links')).toEqual([]);
});
