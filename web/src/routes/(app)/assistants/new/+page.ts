import { error } from '@sveltejs/kit';
import { t } from '$lib/i18n/index.svelte';
import { listUsable } from '$lib/state/models';
import { showError } from '$lib/state/page-error';
import { knowledgeFor, workspace } from '$lib/state/workspace.svelte';

export async function load({ url, parent }) {
  await parent();
  const spaceId = url.searchParams.get('space') ?? workspace.spaces[0]?.id;
  if (!spaceId) error(404, { message: t('space.notFound') });
  const knowledge = await knowledgeFor(spaceId).catch((thrown: unknown) => showError(thrown, 'space.notFound'));
  // Without the list, an assistant has the installation's own model.
  const models = await listUsable(spaceId).catch(() => []);
  return { spaceId, models, ...knowledge };
}
