// Prices of transcription: people know them by the minute, models have them by the second, as decimal text.

/** Digits after the point that a price has. */
const DECIMALS = 12;
const PER_MINUTE = 60n;

/** `0.006` or `0,006` dollars a minute as dollars a second; null: that is no price. */
export function secondPrice(minute: string): string | null {
  const match = /^(\d{1,6})(?:[.,](\d{1,12}))?$/.exec(minute.trim());
  if (!match) return null;
  const units = BigInt((match[1] ?? '0') + (match[2] ?? '').padEnd(DECIMALS, '0'));
  return decimal((units + PER_MINUTE / 2n) / PER_MINUTE);
}

/** What a minute costs by a model's prices; null: they do not say. */
export function minutePrice(prices: unknown): string | null {
  const second = (prices as { standard?: { second?: unknown } } | null)?.standard?.second;
  const match = typeof second === 'string' ? /^(\d+)(?:\.(\d{1,12}))?$/.exec(second) : null;
  if (!match) return null;
  const units = BigInt((match[1] ?? '0') + (match[2] ?? '').padEnd(DECIMALS, '0'));
  // What a sixtieth was rounded by is not shown.
  return String(Number(Number(decimal(units * PER_MINUTE)).toPrecision(6)));
}

function decimal(units: bigint): string {
  const digits = units.toString().padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`.replace(/\.?0+$/, '');
}
