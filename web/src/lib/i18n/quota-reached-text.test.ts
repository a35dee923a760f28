import { afterEach, describe, expect, it } from 'vitest';
import { ApiProblem } from '$lib/api/problem';
import type { Problem } from '$lib/api/types';
import { locale } from './index.svelte';
import { problemText } from './problem-text';
import { quotaReachedText } from './quota-reached-text';

const QUOTA = { subject: 'each_user', measure: 'cost', period: 'day', limit: '20', held: false };
const AGAIN = '2026-11-30T00:00:00.000Z';
const BEFORE = Date.parse('2026-11-29T14:00:00Z');
const spaced = (text = '') => text.replace(/[\u00a0\u202f]/g, ' ');

afterEach(() => locale.choose('en'));

describe('a quota that refused a question', () => {
  it('names itself and when it begins again', () => {
    const text = quotaReachedText({ quota: QUOTA, retry_at: AGAIN }, BEFORE);
    expect(spaced(text?.title)).toBe('Your quota of 20 USD a day is used up.');
    expect(text?.detail).toMatch(/^You can ask again from .*2026/);
  });

  it('says the same in Swedish', () => {
    locale.choose('sv');
    const text = quotaReachedText({ quota: QUOTA, retry_at: AGAIN }, BEFORE);
    expect(spaced(text?.title)).toBe('Din kvot på 20 USD per dygn är förbrukad.');
    expect(text?.detail).toMatch(/^Du kan fråga igen från .*2026/);
    const busy = quotaReachedText({ quota: { ...QUOTA, held: true }, retry_at: AGAIN });
    expect(busy?.title).toBe('Dina andra frågor besvaras fortfarande.');
  });

  it.each([
    [
      { subject: 'tenant', measure: 'requests', limit: '1', period: 'month' },
      'Your organisation’s quota of 1 question a month'
    ],
    [
      { subject: 'group', measure: 'tokens', limit: '5000', period: 'hour' },
      'The quota of one of your groups, 5,000 tokens an hour,'
    ],
    [
      { subject: 'api_key', measure: 'requests', limit: '60', period: 'minute' },
      'The quota of this API key, 60 questions a minute,'
    ],
    [{ subject: 'model', limit: '0.5' }, 'The quota of this model, 0.5 USD a day,']
  ])('reads %o', (quota, text) => {
    const found = quotaReachedText({ quota: { ...QUOTA, ...quota }, retry_at: AGAIN }, BEFORE);
    expect(spaced(found?.title)).toBe(`${text} is used up.`);
  });

  it('invites to ask again after its period', () => {
    const text = quotaReachedText({ quota: QUOTA, retry_at: AGAIN }, Date.parse('2026-12-01T00:00:00Z'));
    expect(text?.detail).toBe('It has begun again since then: ask again.');
  });

  it('leaves a quota that it does not know to the title of the code', () => {
    expect(quotaReachedText({ quota: { ...QUOTA, period: 'year' } })).toBeNull();
    expect(quotaReachedText({})).toBeNull();
    const problem = (more: Partial<Problem>) =>
      problemText(
        new ApiProblem({
          type: '',
          title: '',
          status: 429,
          detail: 'something new',
          error: 'usage_quota_reached',
          request_id: 'r',
          ...more
        })
      );
    expect(problem({})).toEqual({ title: 'A quota for language models is used up.', detail: 'Something new.' });
    locale.choose('sv');
    expect(problem({})).toEqual({ title: 'En kvot för språkmodeller är förbrukad.', detail: '' });
    expect(spaced(problem({ quota: QUOTA, retry_at: AGAIN }).title)).toContain('20 USD per dygn');
  });
});

describe('a model that asks to wait', () => {
  const failed = (retry_at: string) =>
    problemText(
      new ApiProblem({ type: '', title: '', status: 502, detail: '', error: 'model_failed', request_id: 'r', retry_at })
    ).detail;

  it('says when, until then', () => {
    locale.choose('sv');
    expect(failed(new Date(Date.now() + 60_000).toISOString())).toMatch(/^Du kan fråga igen från /);
    expect(failed('2020-01-01T00:00:00Z')).toBe('');
  });
});
