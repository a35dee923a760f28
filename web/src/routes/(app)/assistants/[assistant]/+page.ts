import { answer, api } from '$lib/api/client';
import { showError } from '$lib/state/page-error';
import { knowledgeFor } from '$lib/state/workspace.svelte';

export async function load({ params, parent }) {
  // Says which space is the hub.
  await parent();
  const path = { assistant_id: params.assistant };
  try {
    const assistant = await answer(api.GET('/api/v1/assistants/{assistant_id}', { params: { path } }));
    return { assistant, ...(await knowledgeFor(assistant.space_id)) };
  } catch (thrown) {
    return showError(thrown, 'problem.not_found');
  }
}
