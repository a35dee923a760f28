import { error } from '@sveltejs/kit';
import { t } from '$lib/i18n/index.svelte';
import { showError } from '$lib/state/page-error';
import { readShelf, SHELVES } from './shelf';

export async function load({ params }) {
  const shelf = SHELVES.find((name) => name === params.shelf);
  if (!shelf) error(404, { message: t('error.notFoundTitle'), code: 'not_found' });
  const first = await readShelf(shelf).catch((thrown: unknown) => showError(thrown, 'chat.notFound'));
  return { shelf, first };
}
