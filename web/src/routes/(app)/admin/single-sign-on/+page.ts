import { ApiProblem, asProblem } from '$lib/api/problem';
import { readFederation } from '$lib/state/federation';
import { requirePermission } from '$lib/state/gate';

export async function load({ parent }) {
  await parent();
  requirePermission('settings');
  try {
    return { federation: await readFederation(), problem: null };
  } catch (thrown) {
    // None is set up yet.
    if (thrown instanceof ApiProblem && thrown.status === 404) return { federation: null, problem: null };
    return { federation: null, problem: asProblem(thrown) };
  }
}
