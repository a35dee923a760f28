// Open to everybody: the contract says what the API does, not what is in it.
import { answer, api } from '$lib/api/client';
import { asProblem } from '$lib/api/problem';
import type { OpenApi } from './openapi';

export async function load() {
  try {
    const contract: unknown = await answer(api.GET('/api/v1/openapi.json'));
    return { contract: contract as OpenApi, problem: null };
  } catch (thrown) {
    return { contract: null, problem: asProblem(thrown) };
  }
}
