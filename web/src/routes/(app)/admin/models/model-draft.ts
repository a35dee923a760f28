// A model while it is edited: prices as people know them, what is wrong, and what is sent.
import type { ProviderModel, ProviderModelChange } from '$lib/api/types';
import { typedAmount } from '$lib/text/amount';

export type PriceName =
  | 'input'
  | 'output'
  | 'cached_read'
  | 'cached_write'
  | 'reasoning'
  | 'search'
  | 'second'
  | 'audio_input'
  | 'image_input'
  | 'image_output';

export interface ModelDraft {
  title: string;
  context: number | null;
  output: number | null;
  capabilities: string[];
  /** As they were typed: for a million tokens, a thousand searches or a minute; empty: not known. */
  prices: Partial<Record<PriceName, string>>;
  deprecatedOn: string;
  successor: string;
  classification: string;
  everywhere: boolean;
  spaces: string[];
  groups: string[];
}

type Tier = Record<string, unknown>;
type Kind = ProviderModel['kind'];

/** Digits after the point of a stored price. */
const DECIMALS = 12;
const MOST_TOKENS = 2_147_483_647;
/** Stored prices in one that people know: a number and whether it is a sixtieth, which may not be exact. */
const UNITS: Partial<Record<PriceName, bigint>> = { search: 1000n, second: 60n };
const MILLION = 1_000_000n;

const NAMES: Record<Kind, PriceName[]> = {
  chat: ['input', 'output', 'cached_read', 'cached_write', 'reasoning'],
  embedding: ['input'],
  rerank: ['search', 'input'],
  transcription: ['second', 'input', 'output', 'audio_input'],
  image: ['input', 'output', 'image_input', 'image_output']
};

/** The prices that a model of a kind may have. */
export function priceNames(kind: Kind): PriceName[] {
  return NAMES[kind];
}

/** `0.000002` dollars a token as `2` dollars a million; null: that is no price. */
export function shownPrice(name: PriceName, stored: unknown): string | null {
  const match = typeof stored === 'string' ? /^(\d+)(?:\.(\d{1,12}))?$/.exec(stored) : null;
  if (!match) return null;
  const shown = decimal(scaled(match[1] ?? '0', match[2] ?? '') * (UNITS[name] ?? MILLION));
  // What a sixtieth was rounded by is not shown.
  return name === 'second' ? String(Number(Number(shown).toPrecision(6))) : shown;
}

/** `2` or `2,50` dollars a million as dollars a token; null: that is no price. */
export function storedPrice(name: PriceName, typed: string): string | null {
  const match = /^(\d{1,6})(?:[.,](\d{1,12}))?$/.exec(typed.trim());
  if (!match) return null;
  const unit = UNITS[name] ?? MILLION;
  return decimal((scaled(match[1] ?? '0', match[2] ?? '') + unit / 2n) / unit);
}

function scaled(whole: string, fraction: string): bigint {
  return BigInt(whole + fraction.padEnd(DECIMALS, '0'));
}

function decimal(units: bigint): string {
  const digits = units.toString().padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`.replace(/\.?0+$/, '');
}

/** The prices of the usual tier; none where nothing is known. */
export function standardPrices(prices: unknown): Tier {
  const tier = (prices as { standard?: unknown } | null)?.standard;
  return typeof tier === 'object' && tier !== null ? (tier as Tier) : {};
}

/** Whether it is known what the model costs. */
export function hasPrices(prices: unknown): boolean {
  return Object.keys(standardPrices(prices)).length > 0;
}

/** Whether there are prices that the form does not show: of other tiers, or of long prompts. */
export function hasMorePrices(kind: Kind, prices: unknown): boolean {
  const tiers = Object.keys((prices as object | null) ?? {});
  const others = Object.keys(standardPrices(prices)).filter((name) => !(NAMES[kind] as string[]).includes(name));
  return tiers.some((tier) => tier !== 'standard') || others.length > 0;
}

/** `tag`: the language, in which prices are shown as they are typed. */
export function draftOf(model: ProviderModel, tag = 'en'): ModelDraft {
  const tier = standardPrices(model.prices);
  const prices = priceNames(model.kind).map((name) => [name, typedAmount(shownPrice(name, tier[name]) ?? '', tag)]);
  return {
    title: model.title,
    context: model.context_tokens,
    output: model.output_tokens,
    capabilities: [...model.capabilities],
    prices: Object.fromEntries(prices) as ModelDraft['prices'],
    deprecatedOn: model.deprecated_on ?? '',
    successor: model.successor ?? '',
    classification: model.classification ?? '',
    everywhere: model.places === null,
    spaces: [...(model.places?.space_ids ?? [])],
    groups: [...(model.places?.group_ids ?? [])]
  };
}

export interface ModelFaults {
  title: boolean;
  context: boolean;
  output: boolean;
  /** Prices that are none. */
  prices: PriceName[];
}

export function faultsOf(draft: ModelDraft): ModelFaults {
  const wrong = (tokens: number | null) =>
    tokens !== null && !(Number.isInteger(tokens) && tokens >= 1 && tokens <= MOST_TOKENS);
  const names = Object.keys(draft.prices) as PriceName[];
  const typed = names.filter((name) => (draft.prices[name] ?? '').trim() !== '');
  return {
    title: draft.title.trim() === '' || draft.title.trim().length > 200,
    context: wrong(draft.context),
    output: wrong(draft.output),
    prices: typed.filter((name) => storedPrice(name, draft.prices[name] ?? '') === null)
  };
}

export function isRight({ title, context, output, prices }: ModelFaults): boolean {
  return !title && !context && !output && prices.length === 0;
}

/** What is sent: prices, with where they are from, only if one was changed. */
export function changeOf(model: ProviderModel, draft: ModelDraft, today: string): ProviderModelChange {
  const before = draftOf(model).prices;
  const changed = priceNames(model.kind).filter(
    (name) => (before[name] ?? '') !== (draft.prices[name] ?? '').trim().replace(',', '.')
  );
  return {
    title: draft.title.trim(),
    context_tokens: draft.context,
    output_tokens: draft.output,
    capabilities: draft.capabilities as NonNullable<ProviderModelChange['capabilities']>,
    deprecated_on: draft.deprecatedOn || null,
    successor: draft.successor.trim() || null,
    classification: draft.classification.trim() || null,
    places: draft.everywhere ? null : { space_ids: draft.spaces, group_ids: draft.groups },
    ...(changed.length ? { prices: pricesOf(model, draft, changed), prices_source: null, prices_date: today } : {})
  };
}

function pricesOf(model: ProviderModel, draft: ModelDraft, changed: PriceName[]): Tier {
  const tier: Tier = { ...standardPrices(model.prices) };
  for (const name of changed) {
    const price = storedPrice(name, draft.prices[name] ?? '');
    if (price === null) delete tier[name];
    else tier[name] = price;
  }
  const others = Object.entries((model.prices as Tier | null) ?? {}).filter(([name]) => name !== 'standard');
  return { ...Object.fromEntries(others), ...(Object.keys(tier).length ? { standard: tier } : {}) };
}
