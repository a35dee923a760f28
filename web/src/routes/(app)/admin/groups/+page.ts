import { asProblem } from '$lib/api/problem';
import { requirePermission } from '$lib/state/gate';
import { listGroups } from '$lib/state/groups';

export async function load({ url, parent }) {
  const query = url.searchParams.get('q')?.trim() ?? '';
  await parent();
  requirePermission('people');
  try {
    return { query, first: await listGroups(query), problem: null };
  } catch (thrown) {
    return { query, first: null, problem: asProblem(thrown) };
  }
}
