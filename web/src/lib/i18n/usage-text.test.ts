import { afterEach, describe, expect, it } from 'vitest';
import type { Quota, UsageTotals } from '$lib/api/types';
import { noUsage } from '$lib/state/usage-fixture';
import { locale } from './index.svelte';
import {
  amountText,
  answerCostText,
  costNotes,
  costText,
  formatDay,
  formatUsd,
  groupName,
  ownQuotaText,
  partText,
  quotaText,
  roundedText,
  tokensOf,
  usedShare
} from './usage-text';

const spaced = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
const totals = (some: Partial<UsageTotals>): UsageTotals => ({ ...noUsage, calls: 2, requests: 2, ...some });
const quota = (some: Partial<Quota>): Quota => ({
  id: 'q',
  subject: 'each_user',
  subject_id: null,
  subject_name: null,
  measure: 'cost',
  period: 'day',
  limit: '20',
  alert_percent: null,
  state: null,
  created_at: '2026-11-29T00:00:00Z',
  updated_at: '2026-11-29T00:00:00Z',
  ...some
});

afterEach(() => locale.choose('en'));

describe('a cost', () => {
  it.each([
    ['0', '0 USD'],
    ['12.3456', '12.35 USD'],
    ['1', '1.00 USD'],
    ['0.5', '0.50 USD'],
    ['0.0154', '0.015 USD'],
    ['0.00000012', '0.00000012 USD'],
    ['0.000000000001', '0.000000000001 USD'],
    ['12345678901.129', '12,345,678,901.13 USD']
  ])('of %s is written as %s', (amount, text) => {
    expect(spaced(formatUsd(amount))).toBe(text);
  });

  it('is written with a decimal comma in Swedish', () => {
    locale.choose('sv');
    expect(spaced(formatUsd('1234.5'))).toBe('1 234,50 USD');
  });

  it('that is not known is never 0', () => {
    expect(costText(totals({ unpriced_calls: 2 }))).toBe('Unknown');
    expect(spaced(costText(totals({ unpriced_calls: 1, cost: '0.2' })))).toBe('At least 0.20 USD');
    expect(spaced(costText(totals({})))).toBe('0 USD');
    expect(spaced(costText(totals({ calls: 0, requests: 0 })))).toBe('0 USD');
  });

  it('of an answer says what is estimated or missing in it', () => {
    const of = (amount: string | null, estimated = false, unpriced = false) =>
      spaced(answerCostText({ amount, estimated, unpriced }));
    expect(of('0.0123')).toBe('0.012 USD');
    expect(of('0.5', true)).toBe('About 0.50 USD');
    expect(of('0.5', false, true)).toBe('At least 0.50 USD');
    expect(of('0.5', true, true)).toBe('At least about 0.50 USD');
    expect(of(null, true, true)).toBe('cost unknown');
  });

  it('of estimated tokens is marked', () => {
    expect(spaced(costText(totals({ cost: '3', estimated_calls: 1 })))).toBe('About 3.00 USD');
    expect(spaced(costText(totals({ cost: '3', estimated_calls: 1, unpriced_calls: 1 })))).toBe(
      'At least about 3.00 USD'
    );
    expect(costNotes(totals({ estimated_calls: 1, unpriced_calls: 2 }))).toEqual([
      '2 calls without a price',
      '1 call with estimated tokens'
    ]);
    expect(costNotes(totals({ cost: '3' }))).toEqual([]);
  });
});

describe('a quota', () => {
  it('is a sentence', () => {
    expect(spaced(quotaText(quota({})))).toBe('At most 20 USD a day for each person');
    expect(spaced(quotaText(quota({ subject: 'group', subject_name: 'Board', measure: 'requests', limit: '1' })))).toBe(
      'At most 1 question a day for the group Board together'
    );
    expect(spaced(quotaText(quota({ subject: 'tenant', measure: 'tokens', limit: '1000000', period: 'hour' })))).toBe(
      'At most 1,000,000 tokens an hour for the whole organisation together'
    );
  });

  it('is a sentence in Swedish', () => {
    locale.choose('sv');
    expect(spaced(quotaText(quota({ limit: '2.5', period: 'month' })))).toBe(
      'Högst 2,5 USD per månad för varje person'
    );
  });

  it('speaks to those to whom it applies', () => {
    expect(spaced(ownQuotaText(quota({ subject: 'user', subject_name: 'Ada' })))).toBe('At most 20 USD a day for you');
    expect(ownQuotaText(quota({ subject: 'model', subject_name: 'Large' }))).toContain('for the model Large');
  });

  it('keeps every digit of its limit', () => {
    expect(spaced(amountText('cost', '12345678901.123456789012'))).toBe('12,345,678,901.123456789012 USD');
  });

  it('is written beside what is used of it', () => {
    expect(partText('cost', '4.123456')).toBe('4.12');
    expect([partText('tokens', '1000'), spaced(roundedText('cost', '0.5'))]).toEqual(['1,000', '0.50 USD']);
    expect(roundedText('requests', '1')).toBe('1 question');
  });

  it('is used as far as nothing is left', () => {
    const left = (amount: string, limit = '20') =>
      usedShare({ limit, state: { used: '0', reserved: '0', left: amount, ends_at: '' } });
    expect([left('20'), left('5'), left('0'), left('30')]).toEqual([0, 0.75, 1, 0]);
    expect(left('0', '0')).toBe(1);
    expect(usedShare({ limit: '20', state: null })).toBe(0);
  });
});

describe('a group of a report', () => {
  const group = (key: string | null, name: string | null) => ({ key, name, provider: null, totals: totals({}) });

  it('has a name, also if what it stands for is gone', () => {
    expect(groupName(group('2026-11-29', null), 'day')).toBe('29 Nov 2026');
    expect(groupName(group('u', 'Ada'), 'user')).toBe('Ada');
    expect(groupName(group(null, null), 'user')).toBe('Deleted person');
    expect(groupName(group(null, 'installation'), 'provider')).toBe('The installation’s own');
    expect(groupName(group('p', 'installation'), 'provider')).toBe('installation');
    expect(groupName(group(null, 'extractive'), 'model')).toBe('Without a language model');
  });

  it('has the day of UTC', () => {
    expect(formatDay('2026-03-01')).toBe('1 Mar 2026');
  });

  it('has the sum of its tokens', () => {
    expect(tokensOf(totals({ prompt_tokens: 1200, cached_read_tokens: 200, completion_tokens: 34 }))).toBe(1234);
  });
});
