import { answer, api } from '$lib/api/client';
import { showError } from '$lib/state/page-error';
import { collectionsOf } from '$lib/state/workspace.svelte';

export async function load({ params }) {
  const path = { assistant_id: params.assistant };
  try {
    const assistant = await answer(api.GET('/api/v1/assistants/{assistant_id}', { params: { path } }));
    return { assistant, collections: await collectionsOf(assistant.space_id) };
  } catch (thrown) {
    return showError(thrown, 'problem.not_found');
  }
}
