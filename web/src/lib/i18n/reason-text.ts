// Why the server refused something, in the language of the page: our sentence for its reason.
import type { Reason } from '$lib/api/types';
import { formatNumber, isMessageKey, t, type Params } from './index.svelte';

/** The sentence of a reason with its limits; empty for a reason of a later server. */
export function reasonText(reason: Reason | null | undefined): string {
  const key = `reason.${reason?.code ?? ''}`;
  if (!reason || !isMessageKey(key)) return '';
  const values: Params = { value: reason.value ?? '–' };
  if (reason.min !== undefined) values['min'] = limit(reason.min);
  if (reason.max !== undefined) values['max'] = limit(reason.max);
  return t(key, values);
}

/** What a check found, with the words of the other server behind it where our sentence does not name them. */
export function checkText({ reason, value, detail }: { reason: string | null; value: string | null; detail: string }) {
  const text = reasonText({ code: reason as Reason['code'], ...(value === null ? {} : { value }) });
  if (!text) return { text: detail, quoted: '' };
  return { text, quoted: value !== null && !text.includes(value) ? value : '' };
}

/** Decimal text, such as a length or a number of bytes. */
function limit(text: string): string {
  const number = Number(text);
  return Number.isFinite(number) ? formatNumber(number) : text;
}
