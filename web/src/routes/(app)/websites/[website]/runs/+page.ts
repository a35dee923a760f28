import { asProblem } from '$lib/api/problem';
import { listRuns } from '$lib/state/websites';

export async function load({ params }) {
  try {
    return { first: await listRuns(params.website), problem: null };
  } catch (thrown) {
    return { first: null, problem: asProblem(thrown) };
  }
}
