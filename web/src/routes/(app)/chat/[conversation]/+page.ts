import { openConversation } from '$lib/state/open-conversations';
import { showError } from '$lib/state/page-error';

export async function load({ params }) {
  const state = openConversation(params.conversation);
  if (!state.loaded) await state.load().catch((thrown: unknown) => showError(thrown, 'chat.notFound'));
  return { state };
}
