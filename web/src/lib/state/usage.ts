// What models were used for and what it cost, and the quotas over it.
import { answer, api, done, idempotencyKey, listAll } from '$lib/api/client';
import type { NewQuota, OwnUsage, Quota, QuotaAlert, QuotaChange, UsagePolicy, UsageReport } from '$lib/api/types';
import { PERIODS, rangeOf, todayInUtc, type DayRange, type Period } from '$lib/text/usage-period';
import type { ListPage } from './paged-list.svelte';

export const GROUPINGS = ['day', 'model', 'user', 'space', 'assistant', 'provider'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** What a report is about, as its address holds it. */
export interface UsageFilter {
  period: Period;
  range: DayRange;
  by: Grouping;
}

const PAGE = 100;
const ALERTS = 20;
const QUOTA = '/api/v1/quotas/{quota_id}';

export function readReport({ from, to }: DayRange, group_by: Grouping): Promise<UsageReport> {
  return answer(api.GET('/api/v1/usage', { params: { query: { from, to, group_by } } }));
}

/** The same report as CSV. */
export function readReportFile({ from, to }: DayRange, group_by: Grouping): Promise<string> {
  const params = { query: { from, to, group_by } };
  return answer(api.GET('/api/v1/usage.csv', { params, parseAs: 'text' }));
}

export function readOwnUsage(): Promise<OwnUsage> {
  return answer(api.GET('/api/v1/me/usage'));
}

export function listQuotas(): Promise<Quota[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/quotas', { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.quotas, next: page.next_cursor };
  });
}

export function createQuota(body: NewQuota): Promise<Quota> {
  const header = { 'Idempotency-Key': idempotencyKey() };
  return answer(api.POST('/api/v1/quotas', { params: { header }, body }));
}

export function changeQuota({ id }: Quota, body: QuotaChange): Promise<Quota> {
  return answer(api.PATCH(QUOTA, { params: { path: { quota_id: id } }, body }));
}

export async function deleteQuota({ id }: Quota): Promise<void> {
  await done(api.DELETE(QUOTA, { params: { path: { quota_id: id } } }), [404]);
}

export async function listAlerts(cursor?: string): Promise<ListPage<QuotaAlert>> {
  const page = await answer(api.GET('/api/v1/quota-alerts', { params: { query: { limit: ALERTS, cursor } } }));
  return { items: page.alerts, total: page.total, next: page.next_cursor };
}

export function readUsagePolicy(): Promise<UsagePolicy> {
  return answer(api.GET('/api/v1/usage-policy'));
}

export function changeUsagePolicy(body: UsagePolicy): Promise<UsagePolicy> {
  return answer(api.PUT('/api/v1/usage-policy', { body }));
}

/** The filter of an address; what it does not name or names wrongly is this month by day. */
export function filterFrom(params: URLSearchParams, today = todayInUtc()): UsageFilter {
  const period = PERIODS.find((one) => one === params.get('period')) ?? 'month';
  const by = GROUPINGS.find((one) => one === params.get('by')) ?? 'day';
  if (period !== 'own') return { period, by, range: rangeOf(period, today) };
  const month = rangeOf('month', today);
  const day = (name: 'from' | 'to') => {
    const text = params.get(name) ?? '';
    return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : month[name];
  };
  return { period, by, range: { from: day('from'), to: day('to') } };
}

export function addressOf({ period, range, by }: UsageFilter): string {
  const own = period === 'own' ? { from: range.from, to: range.to } : {};
  const set = Object.entries({ period: period === 'month' ? '' : period, by: by === 'day' ? '' : by, ...own });
  const params = new URLSearchParams(set.filter(([, value]) => value !== ''));
  return params.size ? `/admin/usage?${params}` : '/admin/usage';
}
