// The order of the groups of a report.
import type { UsageGroup, UsageReport, UsageTotals } from '$lib/api/types';
import { groupName } from '$lib/i18n/usage-text';

export const NUMBERS = ['requests', 'prompt_tokens', 'completion_tokens', 'failed_calls'] as const;
export type Column = 'name' | 'cost' | (typeof NUMBERS)[number];

export interface Order {
  column: Column;
  descending: boolean;
}

/** As the server orders them: days by date, others by cost. */
export function firstOrder(by: UsageReport['group_by']): Order {
  return by === 'day' ? { column: 'name', descending: false } : { column: 'cost', descending: true };
}

/** The other direction of the same column; another one begins with its highest number or its first name. */
export function nextOrder(order: Order, column: Column): Order {
  if (order.column === column) return { column, descending: !order.descending };
  return { column, descending: column !== 'name' };
}

export function inOrder(
  groups: readonly UsageGroup[],
  by: UsageReport['group_by'],
  { column, descending }: Order,
  language: string
): UsageGroup[] {
  const direction = descending ? -1 : 1;
  const collator = new Intl.Collator(language, { numeric: true });
  const compare = (one: UsageGroup, other: UsageGroup): number => {
    if (column !== 'name') return valueOf(one.totals, column) - valueOf(other.totals, column);
    // A day is written in words, and sorted by its date.
    if (by === 'day') return (one.key ?? '').localeCompare(other.key ?? '');
    return collator.compare(groupName(one, by), groupName(other, by));
  };
  return groups.toSorted((one, other) => direction * compare(one, other));
}

/** A cost that is not known at all comes below one of 0. */
function valueOf(totals: UsageTotals, column: Exclude<Column, 'name'>): number {
  if (column !== 'cost') return totals[column];
  return totals.calls > 0 && totals.unpriced_calls >= totals.calls ? -1 : Number(totals.cost);
}
