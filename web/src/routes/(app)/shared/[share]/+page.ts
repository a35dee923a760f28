import { answer, api } from '$lib/api/client';
import { showError } from '$lib/state/page-error';
import { readMessages } from './shared-messages';

export async function load({ params }) {
  const path = { share_id: params.share };
  const read = () =>
    Promise.all([
      answer(
        api.GET('/api/v1/shared-conversations/{share_id}', {
          params: { path }
        })
      ),
      readMessages(params.share)
    ]);
  const [shared, first] = await read().catch((thrown: unknown) => showError(thrown, 'chat.sharedMissing'));
  return { share: params.share, shared, first };
}
