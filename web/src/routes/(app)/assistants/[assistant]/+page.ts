import { answer, api } from '$lib/api/client';
import { listUsable } from '$lib/state/models';
import { showError } from '$lib/state/page-error';
import { knowledgeFor } from '$lib/state/workspace.svelte';

export async function load({ params, parent }) {
  // Says which space is the hub.
  await parent();
  const path = { assistant_id: params.assistant };
  try {
    const assistant = await answer(api.GET('/api/v1/assistants/{assistant_id}', { params: { path } }));
    const [knowledge, models] = await Promise.all([
      knowledgeFor(assistant.space_id),
      // Without the list, the model stays as it is.
      listUsable(assistant.space_id).catch(() => [])
    ]);
    return { assistant, models, ...knowledge };
  } catch (thrown) {
    return showError(thrown, 'problem.not_found');
  }
}
