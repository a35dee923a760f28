// Providers of language models, their models, and aliases: what administrators enter, and what people may use.
import { answer, api, done, listAll } from '$lib/api/client';
import type {
  ModelAlias,
  ModelCatalogue,
  ModelProvider,
  ModelRefresh,
  ModelUses,
  NewModelProvider,
  OfferedModel,
  ProviderModel,
  ProviderModelChange,
  ProviderTest,
  Reranker,
  UsableModel
} from '$lib/api/types';

const PROVIDERS = '/api/v1/admin/providers';
const MODELS = '/api/v1/admin/models';
const ALIASES = '/api/v1/admin/model-aliases';
const PAGE = 100;

export function listProviders(): Promise<ModelProvider[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET(PROVIDERS, { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.providers, next: page.next_cursor };
  });
}

export function listProviderModels(): Promise<ProviderModel[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET(MODELS, { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.models, next: page.next_cursor };
  });
}

export function listAliases(): Promise<ModelAlias[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET(ALIASES, { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.aliases, next: page.next_cursor };
  });
}

/** The model that orders what searches find, if there is one. */
export function readReranker(): Promise<Reranker> {
  return answer(api.GET('/api/v1/admin/reranker'));
}

export function chooseReranker(model_id: string | null): Promise<Reranker> {
  return answer(api.PUT('/api/v1/admin/reranker', { body: { model_id } }));
}

/** What is known of providers without asking them. */
export function readCatalogue(): Promise<ModelCatalogue> {
  return answer(api.GET('/api/v1/admin/model-catalogue'));
}

/** The credential goes in and never comes back. */
export function createProvider(body: NewModelProvider): Promise<ModelProvider> {
  return answer(api.POST(PROVIDERS, { body }));
}

export function switchProvider({ id }: ModelProvider, enabled: boolean): Promise<ModelProvider> {
  const params = { path: { provider_id: id } };
  return answer(api.PATCH(`${PROVIDERS}/{provider_id}`, { params, body: { enabled } }));
}

export function replaceCredential({ id }: ModelProvider, credential: string): Promise<ModelProvider> {
  const params = { path: { provider_id: id } };
  return answer(api.PATCH(`${PROVIDERS}/{provider_id}`, { params, body: { credential } }));
}

export async function removeProvider({ id }: ModelProvider): Promise<void> {
  await done(api.DELETE(`${PROVIDERS}/{provider_id}`, { params: { path: { provider_id: id } } }), [404]);
}

/** With a model, that model is asked one word. */
export function testProvider({ id }: ModelProvider, model?: string): Promise<ProviderTest> {
  const params = { path: { provider_id: id } };
  return answer(api.POST(`${PROVIDERS}/{provider_id}/test`, { params, body: model ? { model } : {} }));
}

/** What the provider itself says it offers. */
export async function listOffered({ id }: ModelProvider): Promise<OfferedModel[]> {
  const params = { path: { provider_id: id } };
  return (await answer(api.GET(`${PROVIDERS}/{provider_id}/models`, { params }))).models;
}

/** Fills in what the catalogue knows of a provider's models, prices included. */
export async function importKnown({ id }: ModelProvider, known: string): Promise<void> {
  const params = { path: { provider_id: id } };
  await answer(api.POST(`${PROVIDERS}/{provider_id}/import`, { params, body: { known_provider: known } }));
}

export function createModel(
  provider: ModelProvider,
  name: string,
  title: string,
  kind: ProviderModel['kind'],
  prices?: unknown
): Promise<ProviderModel> {
  const body = { provider_id: provider.id, name, title, kind, ...(prices === undefined ? {} : { prices }) };
  return answer(api.POST(MODELS, { body }));
}

export function switchModel({ id }: ProviderModel, enabled: boolean): Promise<ProviderModel> {
  return answer(api.PATCH(`${MODELS}/{model_id}`, { params: { path: { model_id: id } }, body: { enabled } }));
}

export function updateModel({ id }: ProviderModel, body: ProviderModelChange): Promise<ProviderModel> {
  return answer(api.PATCH(`${MODELS}/{model_id}`, { params: { path: { model_id: id } }, body }));
}

/** What the shipped catalogue, or a file in its form, says otherwise of one model or of all; with `dryRun` nothing changes. */
export function refreshModels(dryRun: boolean, model?: ProviderModel, file?: unknown): Promise<ModelRefresh> {
  const body = {
    dry_run: dryRun,
    ...(model ? { model_ids: [model.id] } : {}),
    ...(file === undefined ? {} : { file })
  };
  return answer(api.POST(`${MODELS}/refresh`, { body }));
}

/** What names a model, and names the other one from now on; with `dryRun` nothing changes. */
export function replaceModel({ id }: ProviderModel, successor: string, dryRun: boolean): Promise<ModelUses> {
  const params = { path: { model_id: id } };
  return answer(
    api.POST(`${MODELS}/{model_id}/replace`, { params, body: { successor_id: successor, dry_run: dryRun } })
  );
}

export async function removeModel({ id }: ProviderModel): Promise<void> {
  await done(api.DELETE(`${MODELS}/{model_id}`, { params: { path: { model_id: id } } }), [404]);
}

export function createAlias(name: string, models: string[]): Promise<ModelAlias> {
  return answer(api.POST(ALIASES, { body: { name, model_ids: models } }));
}

export function updateAlias({ id }: ModelAlias, name: string, models: string[]): Promise<ModelAlias> {
  const params = { path: { alias_id: id } };
  return answer(api.PATCH(`${ALIASES}/{alias_id}`, { params, body: { name, model_ids: models } }));
}

export async function removeAlias({ id }: ModelAlias): Promise<void> {
  await done(api.DELETE(`${ALIASES}/{alias_id}`, { params: { path: { alias_id: id } } }), [404]);
}

/** The chat models that assistants of a space may name; the installation's own first. */
export async function listUsable(space: string): Promise<UsableModel[]> {
  return (await answer(api.GET('/api/v1/models', { params: { query: { space_id: space } } }))).models;
}
