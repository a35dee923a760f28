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

/** The kind in a word or two, for a list to choose from. */
export function warningName(kind: string): string {
  const key = `warning.${kind}.name`;
  return t(isMessageKey(key) ? key : 'warning.unknown.name');
}

/** "Pages: 2, 5 (3), 6", three of them on page 5; nothing where the document has no pages. */
export function warningPages({ pages, page_counts }: Pick<DocumentWarning, 'pages' | 'page_counts'>): string {
  if (pages.length === 0) return '';
  const named = (page: number, at: number) => {
    const count = page_counts[at] ?? 1;
    const number = formatNumber(page);
    return count > 1 ? t('warnings.pageCount', { page: number, count: formatNumber(count) }) : number;
  };
  const shown = pages.slice(0, SHOWN_PAGES).map(named).join(', ');
  return t('warnings.onPages', { pages: pages.length > SHOWN_PAGES ? t('warnings.more', { pages: shown }) : shown });
}
