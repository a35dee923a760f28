import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiProblem } from '$lib/api/problem';
import { locale } from './index.svelte';
import { problemText } from './problem-text';
import { quotaReachedText } from './quota-reached-text';

const DETAIL =
  'your quota of 20 US dollars a day is used up; it begins again at 2026-11-30T00:00:00.000Z, or an administrator can raise it';
const BUSY =
  'your other questions hold half of your quota of 20 US dollars a day until they are answered; wait for one of them, then ask again';
const BEFORE = Date.parse('2026-11-29T14:00:00Z');
const spaced = (text = '') => text.replace(/[\u00a0\u202f]/g, ' ');

afterEach(() => locale.choose('en'));

describe('a quota that refused a question', () => {
  it('names itself and when it begins again', () => {
    const text = quotaReachedText(DETAIL, BEFORE);
    expect(spaced(text?.title)).toBe('Your quota of 20 USD a day is used up.');
    expect(text?.detail).toMatch(/^You can ask again from .*2026/);
  });

  it('says the same in Swedish', () => {
    locale.choose('sv');
    const text = quotaReachedText(DETAIL, BEFORE);
    expect(spaced(text?.title)).toBe('Din kvot på 20 USD per dygn är förbrukad.');
    expect(text?.detail).toMatch(/^Du kan fråga igen från .*2026/);
    expect(spaced(quotaReachedText(BUSY)?.title)).toBe('Dina andra frågor besvaras fortfarande.');
  });

  it.each([
    ["your organisation's quota of 1 requests to models a month", 'Your organisation’s quota of 1 question a month'],
    [
      'the quota of one of your user groups of 5000 tokens an hour',
      'The quota of one of your groups, 5,000 tokens an hour,'
    ],
    [
      'the quota of this API key of 60 requests to models a minute',
      'The quota of this API key, 60 questions a minute,'
    ],
    ['the quota of this model of 0.5 US dollars a day', 'The quota of this model, 0.5 USD a day,']
  ])('reads %s', (quota, text) => {
    const detail = `${quota} is used up; it begins again at 2026-11-30T00:00:00.000Z, or an administrator can raise it`;
    expect(spaced(quotaReachedText(detail, BEFORE)?.title)).toBe(`${text} is used up.`);
  });

  it('invites to ask again after its period', () => {
    expect(quotaReachedText(DETAIL, Date.parse('2026-12-01T00:00:00Z'))?.detail).toBe(
      'It has begun again since then: ask again.'
    );
  });

  it('leaves a sentence that it does not know to the title of the code', () => {
    expect(quotaReachedText('something new')).toBeNull();
    const problem = (detail: string) =>
      problemText(
        new ApiProblem({ type: '', title: '', status: 429, detail, error: 'usage_quota_reached', request_id: 'r' })
      );
    expect(problem('something new')).toEqual({
      title: 'A quota for language models is used up.',
      detail: 'Something new.'
    });
    locale.choose('sv');
    expect(problem('something new')).toEqual({ title: 'En kvot för språkmodeller är förbrukad.', detail: '' });
    expect(spaced(problem(DETAIL).title)).toContain('20 USD per dygn');
  });

  it('reads the words that the server writes', () => {
    const server = readFileSync(new URL('../../../../crates/usage/src/reservation.rs', import.meta.url), 'utf8');
    for (const words of [
      'your other questions hold half of {quota}',
      '{quota} is used up; it begins again at {ends_at}, ',
      '{whose} of {limit} {what} {article} {period}',
      '"the quota of one of your user groups"',
      '"your quota"',
      '"the quota of this API key"',
      '"the quota of this model"',
      '"your organisation\'s quota"',
      '"US dollars"',
      '"tokens"',
      '"requests to models"'
    ])
      expect(server).toContain(words);
  });
});
