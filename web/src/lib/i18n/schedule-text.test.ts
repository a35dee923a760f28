import { afterEach, expect, it } from 'vitest';
import { locale } from './index.svelte';
import type { Website } from '$lib/api/types';
import { formatPageDate } from './page-date';
import { durationText, nextCrawlText, nextText, scheduleText } from './schedule-text';

const zone = 'Europe/Stockholm';
const says = (schedule: Parameters<typeof scheduleText>[0]) => scheduleText({ time_zone: zone, ...schedule }, zone);

afterEach(() => locale.choose('en'));

it('says when a website is crawled', () => {
  expect(says({ every: 'never' })).toBe('Only when someone starts it');
  expect(says({ every: 'daily', at: '02:00' })).toBe('Every day at 02:00');
  expect(says({ every: 'weekly', weekday: 'friday', at: '05:30' })).toBe('Every Friday at 05:30');
  expect(says({ every: 'hourly', at: '00:20' })).toBe('Every hour, 20 minutes past');
  expect(says({ every: 'hourly' })).toBe('Every hour, on the hour');
  expect(says({ every: 'cron', cron: '30 2 * * 1-5' })).toBe('By the cron expression 30 2 * * 1-5');
});

it('says it in Swedish', () => {
  locale.choose('sv');
  expect(says({ every: 'daily', at: '02:00' })).toBe('Varje dag kl. 02:00');
  expect(says({ every: 'weekly', weekday: 'friday' })).toBe('Varje fredag kl. 03:00');
  expect(says({ every: 'every_other_day', at: '04:15' })).toBe('Varannan dag kl. 04:15');
});

it('names a time zone that is not the reader’s', () => {
  expect(scheduleText({ every: 'daily', at: '02:00', time_zone: 'Asia/Tokyo' }, zone)).toBe(
    'Every day at 02:00 (Asia/Tokyo)'
  );
});

it('says the next time, and by how much it is spread', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  const daily = { every: 'daily', at: '02:00', time_zone: 'UTC' } as const;
  expect(nextText({ ...daily, jitter_minutes: 0 }, now)).toMatch(/^Next time: 30 Nov 2026.*\.$/);
  expect(nextText({ ...daily, jitter_minutes: 1 }, now)).toMatch(/, or up to 1 minute later\.$/);
  expect(nextText({ every: 'cron', cron: '0 3 * * *' }, now)).toBe('When it runs next is shown after saving.');
  expect(nextText({ every: 'never' }, now)).toBe('');
});

it('says how long a crawl took', () => {
  const took = (ended_at: string | null) => durationText({ started_at: '2026-11-29T10:00:00Z', ended_at });
  expect(took('2026-11-29T10:00:42Z')).toBe('took 42 seconds');
  expect(took('2026-11-29T10:01:00Z')).toBe('took 1 minute');
  expect(took(null)).toBe('');
});

it('says what the next crawl waits for', () => {
  const at = '2026-11-30T02:00:00Z';
  const site = (part: Partial<Website>) =>
    ({ schedule: { every: 'daily' }, paused: false, next_run_at: at, retry_at: null, ...part }) as Website;
  const next = (part: Partial<Website>, state: 'paused' | 'failed' = 'failed') => nextCrawlText(site(part), { state });
  expect(next({})).toMatch(/^30 Nov 2026/);
  expect(next({ retry_at: '2026-11-29T02:00:00Z' })).toMatch(/^30 Nov 2026/);
  expect(next({ retry_at: '2026-12-03T12:00:00Z' })).toMatch(/^Not before 3 Dec 2026/);
  expect(next({ next_run_at: null }, 'paused')).toMatch(/^When the paused crawl has been resumed/);
  expect(next({ next_run_at: null })).toBe('Being worked out …');
  expect(next({ paused: true })).toBe('The schedule is paused');
  locale.choose('sv');
  expect(next({ retry_at: '2026-12-03T12:00:00Z' })).toMatch(/^Tidigast 3 dec\.? 2026/);
});

it('shows a day of a page as that day in every time zone', () => {
  expect(formatPageDate('2026-03-04')).toBe('4 Mar 2026');
  expect(formatPageDate('2026-03-04T12:00:00Z')).toBe('4 Mar 2026');
  expect(formatPageDate('some day')).toBe('some day');
});
