import { asProblem } from '$lib/api/problem';
import { listPrompts } from '$lib/state/prompts';

// The address holds the search, so that "back" finds it again.
export async function load({ params, url, parent }) {
  const query = url.searchParams.get('q')?.trim() ?? '';
  await parent();
  try {
    return { query, first: await listPrompts(params.space, query), problem: null };
  } catch (thrown) {
    return { query, first: null, problem: asProblem(thrown) };
  }
}
