// Costs, amounts and quotas in words. What is not known is never written as 0.
import type { AnswerCost, Quota, UsageGroup, UsageReport, UsageTotals } from '$lib/api/types';
import { counted, formatNumber, locale, t } from './index.svelte';

/** Decimal text that `Intl` formats without rounding it to a binary number first. */
type Decimal = Intl.StringNumericLiteral;
const MOST_DIGITS = 12;
/** Names in records of what is no row of the organisation: the model of the variables, and the answerer that quotes. */
const INSTALLATION = 'installation';
const BUILT_IN: ReadonlySet<string> = new Set(['built in', 'extractive']);

/** US dollars: two digits after the point, and as many as an amount below one needs to have two that count. */
export function formatUsd(amount: string): string {
  return inUsd(rounded(amount));
}

function rounded(amount: string): string {
  const value = Number(amount);
  if (value === 0) return decimal(amount, 0, 0);
  const digits = value >= 1 ? 2 : Math.min(Math.ceil(-Math.log10(value)) + 1, MOST_DIGITS);
  return decimal(amount, 2, Math.max(2, digits));
}

function decimal(amount: string, minimumFractionDigits: number, maximumFractionDigits: number): string {
  const format = new Intl.NumberFormat(locale.tag, { minimumFractionDigits, maximumFractionDigits });
  return format.format(amount as Decimal);
}

function inUsd(number: string): string {
  return `${number}\u00a0USD`;
}

/** What calls cost, with what is missing in it or estimated. */
export function costText({ calls, cost, unpriced_calls, estimated_calls }: UsageTotals): string {
  if (calls > 0 && unpriced_calls >= calls) return t('usage.unknown');
  const known = formatUsd(cost);
  const estimated = estimated_calls > 0 && Number(cost) > 0;
  if (unpriced_calls > 0) return t(estimated ? 'usage.atLeastAbout' : 'usage.atLeast', { cost: known });
  return estimated ? t('usage.about', { cost: known }) : known;
}

/** What one answer cost, beside its tokens. */
export function answerCostText({ amount, estimated, unpriced }: AnswerCost): string {
  if (amount === null) return t('usage.costUnknown');
  const known = formatUsd(amount);
  const about = estimated && Number(amount) > 0;
  if (unpriced) return t(about ? 'usage.atLeastAbout' : 'usage.atLeast', { cost: known });
  return about ? t('usage.about', { cost: known }) : known;
}

/** Why a cost is not exact, and what failed; nothing if all is well. */
export function costNotes({ unpriced_calls, estimated_calls }: UsageTotals): string[] {
  return [
    unpriced_calls > 0 && counted('usage.unpriced', unpriced_calls),
    estimated_calls > 0 && counted('usage.estimated', estimated_calls)
  ].filter((note) => note !== false);
}

/** The limit of a quota or a part of it, exactly. */
export function amountText(measure: Quota['measure'], amount: string): string {
  if (measure === 'cost') return inUsd(decimal(amount, 0, MOST_DIGITS));
  return counted(measure === 'tokens' ? 'usage.tokenCount' : 'usage.questionCount', Number(amount));
}

/** An amount with its unit; a cost is rounded for reading. */
export function roundedText(measure: Quota['measure'], amount: string): string {
  return measure === 'cost' ? formatUsd(amount) : amountText(measure, amount);
}

/** A part of a limit, before the limit and its unit: "4.12" of 20 USD. A cost is rounded for reading. */
export function partText(measure: Quota['measure'], amount: string): string {
  return measure === 'cost' ? rounded(amount) : formatNumber(Number(amount));
}

export type QuotaWords = Pick<Quota, 'subject' | 'subject_name' | 'measure' | 'period' | 'limit'>;

/** A quota in words: "At most 20 USD a day for each person". */
export function quotaText(quota: QuotaWords): string {
  const whom = t(`quota.whom.${quota.subject}`, { name: quota.subject_name ?? t('quota.nameless') });
  return sentence(quota, whom);
}

/** The same for those to whom it applies. */
export function ownQuotaText(quota: QuotaWords): string {
  const mine = quota.subject === 'each_user' || quota.subject === 'user';
  return mine ? sentence(quota, t('quota.whom.you')) : quotaText(quota);
}

function sentence({ measure, limit, period }: QuotaWords, whom: string): string {
  return t('quota.sentence', { amount: amountText(measure, limit), period: t(`quota.per.${period}`), whom });
}

/** How much of a quota is used or reserved, 0 to 1; all of it if it allows nothing. */
export function usedShare({ limit, state }: Pick<Quota, 'limit' | 'state'>): number {
  const [most, left] = [Number(limit), Number(state?.left ?? limit)];
  return most > 0 ? Math.min(Math.max((most - left) / most, 0), 1) : 1;
}

/** A day of a report, which is one of UTC wherever the reader is. */
export function formatDay(day: string): string {
  return new Intl.DateTimeFormat(locale.tag, { dateStyle: 'medium', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`)
  );
}

/** What a group of a report is called. */
export function groupName({ key, name }: UsageGroup, by: UsageReport['group_by']): string {
  if (by === 'day') return key === null ? t('usage.nameless.day') : formatDay(key);
  if (name === null) return t(`usage.nameless.${by}`);
  // A row of the organisation can have such a name too.
  if (key !== null || (by !== 'model' && by !== 'provider')) return name;
  if (BUILT_IN.has(name)) return t('chat.builtIn');
  return name === INSTALLATION ? t('usage.installation') : name;
}

export function tokensOf({ prompt_tokens, completion_tokens }: UsageTotals): number {
  return prompt_tokens + completion_tokens;
}

/** "1,200 in, 300 out". */
export function tokensText({ prompt_tokens, completion_tokens }: UsageTotals): string {
  return t('usage.inAndOut', { in: formatNumber(prompt_tokens), out: formatNumber(completion_tokens) });
}
