import { expect, it } from 'vitest';
import type { UsageGroup, UsageTotals } from '$lib/api/types';
import { noUsage } from '$lib/state/usage-fixture';
import { firstOrder, inOrder, nextOrder } from './usage-order';

const group = (name: string, totals: Partial<UsageTotals>, key = name): UsageGroup => ({
  key,
  name,
  provider: null,
  totals: { ...noUsage, calls: 1, requests: 1, ...totals }
});
const groups = [
  group('Örjan', { cost: '9.5', requests: 3 }),
  group('Ada', { cost: '10', requests: 1 }),
  group('Zoe', { unpriced_calls: 1, requests: 2 }),
  group('Eva', { cost: '0' })
];
const names = (order: Parameters<typeof inOrder>[2]) => inOrder(groups, 'user', order, 'sv').map(({ name }) => name);

it('orders costs as numbers, and unknown ones below 0', () => {
  expect(names({ column: 'cost', descending: true })).toEqual(['Ada', 'Örjan', 'Eva', 'Zoe']);
  expect(names({ column: 'cost', descending: false })).toEqual(['Zoe', 'Eva', 'Örjan', 'Ada']);
});

it('orders names as the language does', () => {
  expect(names({ column: 'name', descending: false })).toEqual(['Ada', 'Eva', 'Zoe', 'Örjan']);
});

it('orders days by date', () => {
  const days = ['2026-11-10', '2026-09-30', '2026-11-02'].map((day) => group('', {}, day));
  expect(inOrder(days, 'day', firstOrder('day'), 'en').map(({ key }) => key)).toEqual([
    '2026-09-30',
    '2026-11-02',
    '2026-11-10'
  ]);
});

it('turns round at the second press, and begins with the highest number', () => {
  const first = firstOrder('user');
  expect(first).toEqual({ column: 'cost', descending: true });
  expect(nextOrder(first, 'cost')).toEqual({ column: 'cost', descending: false });
  expect(nextOrder(first, 'requests')).toEqual({ column: 'requests', descending: true });
  expect(nextOrder(first, 'name')).toEqual({ column: 'name', descending: false });
});
