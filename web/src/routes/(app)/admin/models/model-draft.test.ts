import { expect, it } from 'vitest';
import type { ProviderModel } from '$lib/api/types';
import { changeOf, draftOf, faultsOf, hasMorePrices, hasPrices, isRight, shownPrice, storedPrice } from './model-draft';

const model = {
  id: 'm',
  kind: 'chat',
  title: 'GPT',
  context_tokens: 1000,
  output_tokens: null,
  capabilities: ['tools'],
  prices: {
    standard: { input: '0.000002', output: '0.00001', above: { tokens: 272000, input: '0.000004' } },
    batch: { input: '0.000001' }
  },
  prices_source: 'a file',
  prices_date: '2026-11-29',
  deprecated_on: null,
  successor: null,
  classification: null,
  places: null
} as unknown as ProviderModel;

it('shows prices for a million tokens, a thousand searches and a minute, and stores them exactly', () => {
  const names = ['input', 'input', 'search', 'second'] as const;
  const stored = ['0.000002', '0.0000001', '0.002', '0.0001'];
  const shown = ['2', '0.1', '2', '0.006'];
  expect(names.map((name, at) => shownPrice(name, stored[at]))).toEqual(shown);
  expect(names.map((name, at) => storedPrice(name, shown[at] ?? ''))).toEqual(stored);
  expect(storedPrice('input', ' 2,50 ')).toBe('0.0000025');
  expect(storedPrice('input', '0')).toBe('0');
});

it('refuses what is no price', () => {
  for (const text of ['', '-1', '1e3', '.5', '1.2.3', '1 000', 'USD 1', '10000000']) {
    expect(storedPrice('input', text), text).toBeNull();
  }
  for (const stored of [null, 2, '', '-1', {}]) expect(shownPrice('input', stored)).toBeNull();
});

it('sends no prices while none was changed, and keeps those that it does not show', () => {
  const draft = draftOf(model);
  expect(changeOf(model, draft, '2026-11-30')).not.toHaveProperty('prices');
  draft.prices.output = '12';
  draft.prices.input = ' ';
  expect(changeOf(model, draft, '2026-11-30')).toMatchObject({
    prices: {
      standard: { output: '0.000012', above: { tokens: 272000, input: '0.000004' } },
      batch: { input: '0.000001' }
    },
    prices_source: null,
    prices_date: '2026-11-30'
  });
});

it('shows prices as the language writes them, and sends none for that', () => {
  const draft = draftOf({ ...model, prices: { standard: { input: '0.0000005' } } }, 'sv-SE');
  expect(draft.prices.input).toBe('0,5');
  expect(changeOf({ ...model, prices: { standard: { input: '0.0000005' } } }, draft, '')).not.toHaveProperty('prices');
});

it('names each field that is wrong', () => {
  const draft = draftOf(model);
  expect(isRight(faultsOf(draft))).toBe(true);
  Object.assign(draft, { title: ' ', context: 0, output: 1.5 });
  draft.prices.input = 'cheap';
  expect(faultsOf(draft)).toEqual({ title: true, context: true, output: true, prices: ['input'] });
});

it('says whether a price is known, and whether there are more than it shows', () => {
  expect([hasPrices(model.prices), hasPrices({}), hasPrices({ batch: {} })]).toEqual([true, false, false]);
  expect(hasMorePrices('chat', model.prices)).toBe(true);
  expect(hasMorePrices('chat', { standard: { input: '1' } })).toBe(false);
});

it('gives a model to everybody, or to some places', () => {
  const draft = { ...draftOf(model), everywhere: false, spaces: ['s'], groups: ['g'] };
  expect(changeOf(model, draft, '').places).toEqual({ space_ids: ['s'], group_ids: ['g'] });
  expect(changeOf(model, draftOf(model), '').places).toBeNull();
});
