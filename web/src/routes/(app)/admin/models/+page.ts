import { asProblem } from '$lib/api/problem';
import { listAliases, listProviderModels, listProviders, readCatalogue, readReranker } from '$lib/state/models';
import { requirePermission } from '$lib/state/gate';

export async function load({ parent }) {
  await parent();
  requirePermission('settings');
  try {
    const [providers, models, aliases, reranker, catalogue] = await Promise.all([
      listProviders(),
      listProviderModels(),
      listAliases(),
      readReranker(),
      readCatalogue()
    ]);
    return { providers, models, aliases, reranker: reranker.model_id, catalogue, problem: null };
  } catch (thrown) {
    return { providers: [], models: [], aliases: [], reranker: null, catalogue: null, problem: asProblem(thrown) };
  }
}
