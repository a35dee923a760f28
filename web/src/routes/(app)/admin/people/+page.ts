import { asProblem } from '$lib/api/problem';
import { requirePermission } from '$lib/state/gate';
import { listRoles } from '$lib/state/roles';
import { listPeople, sortFrom, stateFrom } from '$lib/state/people';

// The address holds search and filter, so that "back" finds them again.
export async function load({ url, parent }) {
  const { searchParams } = url;
  const filter = {
    query: searchParams.get('q')?.trim() ?? '',
    state: stateFrom(searchParams.get('state')),
    sort: sortFrom(searchParams.get('sort'))
  };
  await parent();
  requirePermission('people');
  try {
    const [first, { roles }] = await Promise.all([listPeople(filter), listRoles()]);
    return { filter, first, roles, problem: null };
  } catch (thrown) {
    return { filter, first: null, roles: [], problem: asProblem(thrown) };
  }
}
