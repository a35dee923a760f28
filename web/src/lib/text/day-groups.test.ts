import { expect, it } from 'vitest';
import { byDay } from './day-groups';

it('groups by the calendar day, not by 24 hours', () => {
  const now = new Date(2026, 2, 10, 0, 30);
  const at = (day: number, hour: number) => ({ updated_at: new Date(2026, 2, day, hour).toISOString() });
  const groups = byDay([at(10, 0), at(9, 23), at(8, 12), at(1, 12)], now);
  expect(groups.map(({ group, items }) => [group, items.length])).toEqual([
    ['today', 1],
    ['yesterday', 1],
    ['week', 1],
    ['earlier', 1]
  ]);
});
