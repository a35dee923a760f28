import { expect, it } from 'vitest';
import type { CrawlRun } from '$lib/api/types';
import { actionsOf, isUncertain, isUnderway, newerRun, outcomeFrom, pageChoiceFrom, percentOf } from './crawl-run';

export const run = (part: Partial<CrawlRun> = {}): CrawlRun => ({
  id: 'r1',
  website_id: 'w',
  job_id: 'j',
  trigger: 'manual',
  state: 'running',
  found: 0,
  fetched: 0,
  unchanged: 0,
  added: 0,
  changed: 0,
  removed: 0,
  failed: 0,
  bytes: 0,
  reason: null,
  started_at: null,
  ended_at: null,
  created_at: '2026-11-29T10:00:00Z',
  updated_at: '2026-11-29T10:00:00Z',
  ...part
});

it('a crawl can be stopped until it ends, and started only then', () => {
  expect(actionsOf(null)).toEqual(['start']);
  expect(actionsOf(run())).toEqual(['pause', 'stop']);
  expect(actionsOf(run({ state: 'paused' }))).toEqual(['resume', 'stop']);
  expect(actionsOf(run({ state: 'stopping' }))).toEqual([]);
  expect(actionsOf(run({ state: 'partial' }))).toEqual(['start']);
  expect(isUnderway(run({ state: 'paused' }))).toBe(true);
  expect(isUnderway(run({ state: 'stopped' }))).toBe(false);
  expect(isUnderway(null)).toBe(false);
});

it('progress is whole only at the end', () => {
  expect(percentOf(run())).toBe(0);
  expect(percentOf(run({ found: 200, fetched: 99, failed: 1 }))).toBe(50);
  expect(percentOf(run({ found: 10, fetched: 10 }))).toBe(99);
  expect(percentOf(run({ found: 10, fetched: 3, state: 'stopped' }))).toBe(100);
});

it('a late event does not undo what is known', () => {
  const known = run({ fetched: 5, updated_at: '2026-11-29T10:00:05.5Z' });
  const late = run({ fetched: 4, updated_at: '2026-11-29T10:00:05.123456Z' });
  expect(newerRun(known, late)).toBe(known);
  expect(newerRun(late, known)).toBe(known);
  const other = run({ id: 'r0', created_at: '2026-11-28T10:00:00Z', updated_at: '2026-11-30T10:00:00Z' });
  expect(newerRun(known, other)).toBe(known);
  expect(newerRun(null, other)).toBe(other);
});

it('an unknown filter of an address is none', () => {
  expect(['failed', 'uncertain', 'x', null].map(pageChoiceFrom)).toEqual(['failed', 'uncertain', '', '']);
  expect([outcomeFrom('added'), outcomeFrom('x')]).toEqual(['added', '']);
});

it('a text is uncertain under a quality of 0.4, if there is one', () => {
  const of = (quality: number | null, document_id: string | null = 'd') => isUncertain({ quality, document_id });
  expect([of(0.39), of(0.4), of(null), of(0.1, null)]).toEqual([true, false, false, false]);
});
