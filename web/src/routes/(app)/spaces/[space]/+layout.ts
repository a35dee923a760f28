import { answer, api } from '$lib/api/client';
import { showError } from '$lib/state/page-error';
import { collectionsOf } from '$lib/state/workspace.svelte';

export async function load({ params, depends }) {
  depends('space:collections');
  const path = { space_id: params.space };
  const [space, collections] = await Promise.all([
    answer(api.GET('/api/v1/spaces/{space_id}', { params: { path } })),
    collectionsOf(params.space)
  ]).catch((thrown: unknown) => showError(thrown, 'space.notFound'));
  return { space, collections };
}
