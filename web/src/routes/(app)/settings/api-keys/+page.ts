import { asProblem } from '$lib/api/problem';
import { listApiKeys } from '$lib/state/api-keys';

export async function load({ parent }) {
  await parent();
  try {
    return { keys: await listApiKeys(), problem: null };
  } catch (thrown) {
    return { keys: [], problem: asProblem(thrown) };
  }
}
