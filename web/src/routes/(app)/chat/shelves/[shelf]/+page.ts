import { error } from '@sveltejs/kit';
import { t } from '$lib/i18n/index.svelte';
import { showError } from '$lib/state/page-error';
import { readTags } from '$lib/state/tags';
import { filterOf, readShelf, SHELVES } from './shelf';

export async function load({ params, url }) {
  const shelf = SHELVES.find((name) => name === params.shelf);
  if (!shelf) error(404, { message: t('error.notFoundTitle'), code: 'not_found' });
  const filter = filterOf(url.searchParams);
  const [first, tags] = await Promise.all([
    readShelf(shelf, filter).catch((thrown: unknown) => showError(thrown, 'chat.notFound')),
    // Without them, the list is not narrowed down.
    readTags().catch(() => [])
  ]);
  return { shelf, filter, first, tags };
}
