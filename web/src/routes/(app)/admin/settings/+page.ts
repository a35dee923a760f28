import { asProblem } from '$lib/api/problem';
import { requirePermission } from '$lib/state/gate';
import { readSettings } from '$lib/state/organisation';

export async function load({ parent }) {
  await parent();
  requirePermission('settings');
  try {
    return { settings: await readSettings(), problem: null };
  } catch (thrown) {
    return { settings: null, problem: asProblem(thrown) };
  }
}
