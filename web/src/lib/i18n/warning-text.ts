// What a warning of a document says to a person.
import type { DocumentWarning } from '$lib/api/types';
import { counted, formatNumber, isMessageKey, t, type CountedKey } from './index.svelte';

/** Page numbers that are spelt out. */
const SHOWN_PAGES = 12;

/** Left out on purpose: readers do not see it, or it is no part of the text. */
const LEFT_OUT: ReadonlySet<string> = new Set(['skipped_navigation', 'hidden_text']);

/** What the document says and could not be read. Kinds that this page does not know count as such. */
export function losses(warnings: DocumentWarning[]): DocumentWarning[] {
  return warnings.filter(({ kind }) => !LEFT_OUT.has(kind));
}

export function leftOut(warnings: DocumentWarning[]): DocumentWarning[] {
  return warnings.filter(({ kind }) => LEFT_OUT.has(kind));
}

export function warningText({ kind, count }: DocumentWarning): string {
  const key = `warning.${kind}`;
  // A newer worker may know kinds that this page does not.
  return counted(isMessageKey(`${key}.other`) ? (key as CountedKey) : 'warning.unknown', count);
}

/** "Pages: 2, 5, 6", or nothing where the document has no pages. */
export function warningPages({ pages }: DocumentWarning): string {
  if (pages.length === 0) return '';
  const shown = pages.slice(0, SHOWN_PAGES).map(formatNumber).join(', ');
  return t('warnings.onPages', { pages: pages.length > SHOWN_PAGES ? t('warnings.more', { pages: shown }) : shown });
}
