// The prompt library: one's own prompts, and those of spaces.
import { answer, api, done, idempotencyKey } from '$lib/api/client';
import type { Prompt } from '$lib/api/types';
import type { ListPage } from './paged-list.svelte';

const PAGE = 50;

export type PromptDraft = Pick<Prompt, 'command' | 'title' | 'text'>;

/** A page of the prompts of a space, or of one's own; `query` is the beginning of a command or of a word of the title. */
export async function listPrompts(space: string | null, query: string, cursor?: string): Promise<ListPage<Prompt>> {
  const owner = space === null ? { owner: 'me' as const } : { space_id: space };
  const page = await answer(
    api.GET('/api/v1/prompts', { params: { query: { ...owner, q: query, limit: PAGE, cursor } } })
  );
  return { items: page.prompts, total: page.total, next: page.next_cursor };
}

/** The prompts that one can ask with, own and of every space; the first of them, and whether these are all. */
export async function findPrompts(query: string): Promise<{ prompts: Prompt[]; complete: boolean }> {
  const page = await answer(api.GET('/api/v1/prompts', { params: { query: { q: query, limit: PAGE } } }));
  return { prompts: page.prompts, complete: page.next_cursor === null };
}

export function createPrompt(space_id: string | null, draft: PromptDraft): Promise<Prompt> {
  const params = { header: { 'Idempotency-Key': idempotencyKey() } };
  return answer(api.POST('/api/v1/prompts', { body: { ...draft, space_id }, params }));
}

export function updatePrompt({ id }: Prompt, body: PromptDraft): Promise<Prompt> {
  return answer(api.PATCH('/api/v1/prompts/{prompt_id}', { params: { path: { prompt_id: id } }, body }));
}

export async function deletePrompt({ id }: Prompt): Promise<void> {
  await done(api.DELETE('/api/v1/prompts/{prompt_id}', { params: { path: { prompt_id: id } } }), [404]);
}
