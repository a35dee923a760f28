import { asProblem } from '$lib/api/problem';
import { listImports } from '$lib/state/conversation-imports';

export async function load({ parent }) {
  await parent();
  try {
    return { first: await listImports(), problem: null };
  } catch (thrown) {
    return { first: null, problem: asProblem(thrown) };
  }
}
