// What a catalogue says otherwise of a model than what is stored, line by line.
import type { KnownValues, ModelRefresh } from '$lib/api/types';
import { t, type MessageKey } from '$lib/i18n/index.svelte';
import { capabilityText, tokensText } from '$lib/i18n/model-text';
import { formatDay, formatUsd } from '$lib/i18n/usage-text';
import { shownPrice, standardPrices, type PriceName } from './model-draft';

export interface DifferenceLine {
  label: string;
  before: string;
  after: string;
}

const PRICES: PriceName[] = [
  'input',
  'output',
  'cached_read',
  'cached_write',
  'reasoning',
  'search',
  'second',
  'audio_input',
  'image_input',
  'image_output'
];

const LINES: [MessageKey, (values: KnownValues) => string][] = [
  ['models.contextTokens', ({ context_tokens }) => tokensText(context_tokens)],
  ['models.outputTokens', ({ output_tokens }) => tokensText(output_tokens)],
  ['models.capabilities', ({ capabilities }) => capabilityText(capabilities) || t('models.noCapabilities')],
  ...PRICES.map((name): [MessageKey, (values: KnownValues) => string] => [
    `models.price.${name}`,
    ({ prices }) => priceText(name, prices)
  ]),
  ['models.pricesFrom', ({ prices_source }) => prices_source ?? t('models.notKnown')],
  ['models.pricesOf', ({ prices_date }) => dayText(prices_date)],
  ['models.deprecatedOn', ({ deprecated_on }) => dayText(deprecated_on)],
  ['models.successor', ({ successor }) => successor ?? t('models.notKnown')]
];

/** Only what differs; if that is in none of the lines, that other prices do. */
export function differenceLines({ before, after }: ModelRefresh['differences'][number]): DifferenceLine[] {
  const lines = LINES.map(([key, text]) => ({ label: t(key), before: text(before), after: text(after) }));
  const found = lines.filter((line) => line.before !== line.after);
  if (found.length) return found;
  return [{ label: t('models.otherValues'), before: t('models.stored'), after: t('models.fromCatalogue') }];
}

function priceText(name: PriceName, prices: unknown): string {
  const shown = shownPrice(name, standardPrices(prices)[name]);
  return shown === null ? t('models.notKnown') : formatUsd(shown);
}

function dayText(day: string | null): string {
  return day === null ? t('models.notKnown') : formatDay(day);
}
