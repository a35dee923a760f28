import { error } from '@sveltejs/kit';
import { answer, api, listAll } from '$lib/api/client';
import { t } from '$lib/i18n/index.svelte';
import { listSpaceGroups } from '$lib/state/groups';
import { showError } from '$lib/state/page-error';

const PAGE = 100;

export async function load({ params, parent }) {
  const { space } = await parent();
  if (space.kind === 'personal') error(404, { message: t('member.personal'), code: 'not_found' });
  const path = { space_id: params.space };
  const reading = listAll(async (cursor) => {
    const query = { limit: PAGE, cursor };
    const page = await answer(api.GET('/api/v1/spaces/{space_id}/members', { params: { path, query } }));
    return { items: page.members, next: page.next_cursor };
  });
  const [members, groups] = await Promise.all([reading, listSpaceGroups(params.space)]).catch((thrown: unknown) =>
    showError(thrown, 'space.notFound')
  );
  return { members, groups };
}
