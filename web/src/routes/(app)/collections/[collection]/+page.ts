import { answer, api } from '$lib/api/client';
import { CollectionDocuments } from '$lib/state/collection-documents.svelte';
import { showError } from '$lib/state/page-error';

export async function load({ params }) {
  const path = { collection_id: params.collection };
  const documents = new CollectionDocuments(params.collection);
  const [collection] = await Promise.all([
    answer(api.GET('/api/v1/collections/{collection_id}', { params: { path } })),
    documents.load()
  ]).catch((thrown: unknown) => showError(thrown, 'problem.not_found'));
  return { collection, documents };
}
