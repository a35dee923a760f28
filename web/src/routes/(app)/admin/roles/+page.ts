import { asProblem } from '$lib/api/problem';
import { requirePermission } from '$lib/state/gate';
import { listRoles } from '$lib/state/roles';

export async function load({ parent }) {
  await parent();
  requirePermission('settings');
  try {
    return { ...(await listRoles()), problem: null };
  } catch (thrown) {
    return { roles: [], available: [], problem: asProblem(thrown) };
  }
}
