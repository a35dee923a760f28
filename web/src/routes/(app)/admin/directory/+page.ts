import { asProblem } from '$lib/api/problem';
import { listDirectoryKeys } from '$lib/state/directory';
import { requirePermission } from '$lib/state/gate';

export async function load({ parent }) {
  await parent();
  requirePermission('settings');
  try {
    return { keys: await listDirectoryKeys(), problem: null };
  } catch (thrown) {
    return { keys: [], problem: asProblem(thrown) };
  }
}
