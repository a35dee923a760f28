import { answer, api } from '$lib/api/client';
import { asProblem } from '$lib/api/problem';

// The address holds the question, so a search can be sent to somebody and found again with "back".
export async function load({ url }) {
  const query = url.searchParams.get('q')?.trim() ?? '';
  const space = url.searchParams.get('space') ?? '';
  if (!query) return { query, space, result: null, problem: null };
  try {
    const body = { query, limit: 20, group_by: 'chunk' as const, ...(space ? { space_id: space } : {}) };
    return { query, space, result: await answer(api.POST('/api/v1/search', { body })), problem: null };
  } catch (thrown) {
    return { query, space, result: null, problem: asProblem(thrown) };
  }
}
