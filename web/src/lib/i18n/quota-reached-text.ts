// Why a quota refused a question, and when it can be asked again.
import type { Problem, Quota } from '$lib/api/types';
import { formatDateTime, t, type MessageKey } from './index.svelte';
import { amountText } from './usage-text';

const WHOSE: Record<Quota['subject'], MessageKey> = {
  user: 'quotaReached.mine',
  each_user: 'quotaReached.mine',
  group: 'quotaReached.group',
  api_key: 'quotaReached.key',
  model: 'quotaReached.model',
  tenant: 'quotaReached.organisation'
};
const MEASURES: ReadonlySet<string> = new Set(['cost', 'tokens', 'requests'] satisfies Quota['measure'][]);
const PERIODS: ReadonlySet<string> = new Set(['minute', 'hour', 'day', 'month'] satisfies Quota['period'][]);

type Refusal = Pick<Problem, 'quota' | 'retry_at'>;

/** Title and detail in the language of the page; null if the problem names no quota that this page knows. */
export function quotaReachedText(
  { quota, retry_at }: Refusal,
  now = Date.now()
): { title: string; detail: string } | null {
  if (!quota) return null;
  if (quota.held) return { title: t('quotaReached.busy'), detail: t('quotaReached.busyHint') };
  const { subject, measure, period, limit } = quota;
  const key = WHOSE[subject as Quota['subject']] as MessageKey | undefined;
  if (!key || !MEASURES.has(measure) || !PERIODS.has(period)) return null;
  return {
    title: t(key, {
      amount: amountText(measure as Quota['measure'], limit),
      period: t(`quota.per.${period as Quota['period']}`)
    }),
    detail: againText(retry_at, now)
  };
}

/** An old conversation shows it too. */
function againText(retryAt: string | null | undefined, now: number): string {
  if (!retryAt) return '';
  return Date.parse(retryAt) > now
    ? t('quotaReached.again', { time: formatDateTime(retryAt) })
    : t('quotaReached.over');
}
