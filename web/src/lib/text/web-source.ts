// Where a document was fetched from the web, in words.
import type { WebSource } from '$lib/api/types';
import { formatDate, t } from '$lib/i18n/index.svelte';
import { readableUrl } from './web-address';

/** "www.example.org/news · Crawled 28 Nov 2026". */
export function webSourceText({ url, fetched_at }: WebSource): string {
  return `${readableUrl(url)} · ${t('website.crawled', { date: formatDate(fetched_at) })}`;
}
