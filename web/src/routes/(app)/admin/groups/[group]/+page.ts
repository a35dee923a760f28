import { requirePermission } from '$lib/state/gate';
import { getGroup, listGroupMembers } from '$lib/state/groups';
import { showError } from '$lib/state/page-error';

export async function load({ params, parent }) {
  await parent();
  requirePermission('people');
  const [group, first] = await Promise.all([getGroup(params.group), listGroupMembers(params.group)]).catch(
    (thrown: unknown) => showError(thrown, 'group.notFound')
  );
  return { group, first };
}
