import { asProblem } from '$lib/api/problem';
import { listAliases, listProviderModels, listProviders, readCatalogue } from '$lib/state/models';
import { requirePermission } from '$lib/state/gate';

export async function load({ parent }) {
  await parent();
  requirePermission('settings');
  try {
    const [providers, models, aliases, catalogue] = await Promise.all([
      listProviders(),
      listProviderModels(),
      listAliases(),
      readCatalogue()
    ]);
    return { providers, models, aliases, catalogue, problem: null };
  } catch (thrown) {
    return { providers: [], models: [], aliases: [], catalogue: null, problem: asProblem(thrown) };
  }
}
