// What is known of models, in words.
import type { ProviderModel, UsableModel } from '$lib/api/types';
import { formatNumber, t } from './index.svelte';
import { formatDay } from './usage-text';

type Known = Pick<ProviderModel, 'prices' | 'prices_source' | 'prices_date'>;

export const CAPABILITIES = ['vision', 'tools', 'json_schema', 'reasoning', 'audio'] as const;

/** Days before the end of a model from which on people are warned. */
const WARNED_DAYS = 30;
const DAY_MS = 86_400_000;

export function capabilityText(capabilities: readonly ProviderModel['capabilities'][number][]): string {
  return capabilities.map((name) => t(`models.capability.${name}`)).join(', ');
}

export function tokensText(tokens: number | null): string {
  return tokens === null ? t('models.notKnown') : t('models.window', { tokens: formatNumber(tokens) });
}

/** Where the prices of a model are from, or that there are none. */
export function sourceText({ prices, prices_source, prices_date }: Known): string {
  if (Object.keys((prices as object | null) ?? {}).length === 0) return t('models.noPrice');
  if (prices_source && prices_date) {
    return t('models.priceSource', { source: prices_source, date: formatDay(prices_date) });
  }
  return prices_date ? t('models.priceEntered', { date: formatDay(prices_date) }) : t('models.priceByHand');
}

/** Whether a model ends within 30 days, or has ended: then people are told. */
export function endsSoon(day: string | null, now = Date.now()): boolean {
  return day !== null && Date.parse(`${day}T00:00:00Z`) - now <= WARNED_DAYS * DAY_MS;
}

/** That a model ends, and what its provider advises; nothing while that is far off. */
export function endText(
  { title, deprecated_on, successor }: Pick<UsableModel, 'title' | 'deprecated_on' | 'successor'>,
  now = Date.now()
): string {
  if (deprecated_on === null || !endsSoon(deprecated_on, now)) return '';
  const ended = Date.parse(`${deprecated_on}T00:00:00Z`) <= now;
  const said = t(ended ? 'models.hasEnded' : 'models.endsSoon', { name: title, date: formatDay(deprecated_on) });
  return successor ? `${said} ${t('models.useInstead', { successor })}` : said;
}
