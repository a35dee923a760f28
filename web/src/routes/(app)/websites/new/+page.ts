import { error } from '@sveltejs/kit';
import { t } from '$lib/i18n/index.svelte';
import { may, workspace } from '$lib/state/workspace.svelte';

export async function load({ url, parent }) {
  await parent();
  const asked = url.searchParams.get('space');
  const space = asked ? workspace.space(asked) : workspace.spaces.find((one) => may(one, 'knowledge.edit'));
  if (!space) error(404, { message: t('space.notFound') });
  return { spaceId: space.id };
}
