// What a warning of a document says to a person.
import type { DocumentWarning } from '$lib/api/types';
import { counted, formatNumber, isMessageKey, t, type CountedKey } from './index.svelte';

/** Page numbers that are spelt out. */
const SHOWN_PAGES = 12;

/** What the document says and could not be read. */
export function losses(warnings: DocumentWarning[]): DocumentWarning[] {
  return warnings.filter((warning) => warning.class === 'loss');
}

/** What was left out on purpose: readers do not see it, or it is no part of the text. */
export function leftOut(warnings: DocumentWarning[]): DocumentWarning[] {
  return warnings.filter((warning) => warning.class === 'left_out');
}

export function warningText({ kind, count }: Pick<DocumentWarning, 'kind' | 'count'>): string {
  const key = `warning.${kind}`;
  // A newer worker may know kinds that this page does not.
  return counted(isMessageKey(`${key}.other`) ? (key as CountedKey) : 'warning.unknown', count);
}

/** "Pages: 2, 5, 6", or nothing where the document has no pages. */
export function warningPages({ pages }: Pick<DocumentWarning, 'pages'>): string {
  if (pages.length === 0) return '';
  const shown = pages.slice(0, SHOWN_PAGES).map(formatNumber).join(', ');
  return t('warnings.onPages', { pages: pages.length > SHOWN_PAGES ? t('warnings.more', { pages: shown }) : shown });
}
