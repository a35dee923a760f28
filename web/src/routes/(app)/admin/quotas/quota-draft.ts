// A quota while it is written: what is wrong with it, and what is sent.
import type { NewQuota, Quota, QuotaChange } from '$lib/api/types';
import { readAmount, typedAmount } from '$lib/text/amount';

export const SUBJECTS = [
  'each_user',
  'tenant',
  'group',
  'user',
  'model',
  'api_key'
] as const satisfies Quota['subject'][];
export const MEASURES = ['cost', 'tokens', 'requests'] as const satisfies Quota['measure'][];
export const PERIODS = ['day', 'month', 'hour', 'minute'] as const satisfies Quota['period'][];

export interface QuotaDraft {
  subject: Quota['subject'];
  /** Of the group, person, model or key; empty until one is chosen. */
  subjectId: string;
  measure: Quota['measure'];
  period: Quota['period'];
  /** As it was typed. */
  limit: string;
  alert: number | null;
}

export const EMPTY: QuotaDraft = {
  subject: 'each_user',
  subjectId: '',
  measure: 'cost',
  period: 'day',
  limit: '',
  alert: null
};

/** The draft of a quota that is changed, or of a new one. */
export function draftOf(quota: Quota | null, tag: string): QuotaDraft {
  if (!quota) return { ...EMPTY };
  const { subject, subject_id, measure, period, limit, alert_percent } = quota;
  return {
    subject,
    subjectId: subject_id ?? '',
    measure,
    period,
    limit: typedAmount(limit, tag),
    alert: alert_percent
  };
}

export function needsId(subject: Quota['subject']): boolean {
  return subject !== 'tenant' && subject !== 'each_user';
}

/** A minute or an hour is over before anybody reads an alert. */
export function canAlert(period: Quota['period']): boolean {
  return period === 'day' || period === 'month';
}

export type Fault = 'subject' | 'limit' | 'alert';

export function faultsOf(draft: QuotaDraft, tag: string): Set<Fault> {
  const { subject, subjectId, measure, period, limit, alert } = draft;
  const alertFits = alert === null || (Number.isInteger(alert) && alert >= 1 && alert <= 100);
  const faults: [Fault, boolean][] = [
    ['subject', needsId(subject) && subjectId === ''],
    ['limit', readAmount(limit, measure, tag) === null],
    ['alert', canAlert(period) && !alertFits]
  ];
  return new Set(faults.filter(([, wrong]) => wrong).map(([fault]) => fault));
}

export function newQuota(draft: QuotaDraft, tag: string): NewQuota {
  const { subject, subjectId, measure, period, limit, alert } = draft;
  return {
    subject,
    ...(needsId(subject) ? { subject_id: subjectId } : {}),
    measure,
    period,
    limit: readAmount(limit, measure, tag) ?? '',
    ...(canAlert(period) && alert !== null ? { alert_percent: alert } : {})
  };
}

/** Only limit and alert can be changed. */
export function quotaChange({ measure, period, limit, alert }: QuotaDraft, tag: string): QuotaChange {
  const amount = readAmount(limit, measure, tag) ?? '';
  return canAlert(period) ? { limit: amount, alert_percent: alert } : { limit: amount };
}
