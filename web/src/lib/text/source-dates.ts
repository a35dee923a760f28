// The dates of a web page that a text was taken from.
import type { WebSource } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';
import { formatPageDate } from '$lib/i18n/page-date';

/** When it was crawled, as `format` writes it, and when the page says that it was published and updated. */
export function sourceDates({ fetched_at, published, modified }: WebSource, format: (at: string) => string): string[] {
  const of = (key: 'websitePage.published' | 'websitePage.modified', at: string | null | undefined) =>
    at ? t(key, { date: formatPageDate(at) }) : '';
  const own = [
    of('websitePage.published', published),
    modified === published ? '' : of('websitePage.modified', modified)
  ];
  return [t('website.crawled', { date: format(fetched_at) }), ...own].filter(Boolean);
}
