// Amounts as people type them, and as the API takes them: decimal text without a sign.
import type { Quota } from '$lib/api/types';

const COST = /^\d{1,11}(\.\d{1,12})?$/;
const WHOLE = /^\d{1,11}$/;

/** The amount that was typed in the way of a language, as decimal text; null if it is none. */
export function readAmount(typed: string, measure: Quota['measure'], tag: string): string | null {
  const spaceless = typed.replace(/\s/g, '');
  const text = hasDecimalComma(tag) ? spaceless.replace(',', '.') : spaceless.replace(/,(?=\d{3}(\D|$))/g, '');
  return (measure === 'cost' ? COST : WHOLE).test(text) ? text : null;
}

/** Decimal text as a field shows it, so that reading it again gives the same. */
export function typedAmount(amount: string, tag: string): string {
  return hasDecimalComma(tag) ? amount.replace('.', ',') : amount;
}

function hasDecimalComma(tag: string): boolean {
  return new Intl.NumberFormat(tag).format(1.5).includes(',');
}
