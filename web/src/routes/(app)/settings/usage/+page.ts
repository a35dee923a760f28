import { asProblem } from '$lib/api/problem';
import { readOwnUsage } from '$lib/state/usage';

export async function load({ parent, depends }) {
  depends('account:usage');
  await parent();
  try {
    return { usage: await readOwnUsage(), problem: null };
  } catch (thrown) {
    return { usage: null, problem: asProblem(thrown) };
  }
}
