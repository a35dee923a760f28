// Why a quota refused a question, and when it can be asked again. The server writes one English sentence, which is read here.
import type { Quota } from '$lib/api/types';
import { formatDateTime, t, type MessageKey } from './index.svelte';
import { amountText } from './usage-text';

const WHOSE: Record<string, MessageKey> = {
  'your quota': 'quotaReached.mine',
  'the quota of one of your user groups': 'quotaReached.group',
  'the quota of this API key': 'quotaReached.key',
  'the quota of this model': 'quotaReached.model',
  "your organisation's quota": 'quotaReached.organisation'
};
const MEASURES: Record<string, Quota['measure']> = {
  'US dollars': 'cost',
  tokens: 'tokens',
  'requests to models': 'requests'
};
const USED_UP =
  /^(.+) of (\d+(?:\.\d+)?) (US dollars|tokens|requests to models) an? (minute|hour|day|month) is used up; it begins again at (\S+?),/;
const BUSY = /^your other questions hold half of /;

/** Title and detail in the language of the page; null if the server wrote something else. */
export function quotaReachedText(detail: string, now = Date.now()): { title: string; detail: string } | null {
  if (BUSY.test(detail)) return { title: t('quotaReached.busy'), detail: t('quotaReached.busyHint') };
  const [, whose = '', limit = '', unit = '', period = '', ends = ''] = USED_UP.exec(detail) ?? [];
  const [key, measure, endsAt] = [WHOSE[whose], MEASURES[unit], Date.parse(ends)];
  if (!key || !measure || Number.isNaN(endsAt)) return null;
  return {
    title: t(key, { amount: amountText(measure, limit), period: t(`quota.per.${period as Quota['period']}`) }),
    // An old conversation shows it too.
    detail: endsAt > now ? t('quotaReached.again', { time: formatDateTime(ends) }) : t('quotaReached.over')
  };
}
