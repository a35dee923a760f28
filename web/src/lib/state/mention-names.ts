// Names of what questions mention, for messages that have only ids.
import { SvelteMap } from 'svelte/reactivity';
import { answer, api } from '$lib/api/client';
import type { Mention, Mentioned } from '$lib/text/mention';
import { workspace } from './workspace.svelte';

/** Undefined while it is read; null if it is gone, or out of reach. */
const names = new SvelteMap<string, string | null>();
const asked = new Set<string>();

export function rememberMention({ id, name }: Mention): void {
  names.set(id, name);
}

export function forgetMentionNames(): void {
  names.clear();
  asked.clear();
}

/** The name as far as it is known; `readMentionNames` reads the others. */
export function mentionName({ kind, id }: Mentioned): string | null | undefined {
  return kind === 'assistant' ? (workspace.assistant(id)?.name ?? null) : names.get(id);
}

export async function readMentionNames(mentions: Mentioned[]): Promise<void> {
  const unknown = mentions.filter(({ kind, id }) => kind !== 'assistant' && !names.has(id) && !asked.has(id));
  await Promise.all(
    unknown.map(async ({ kind, id }) => {
      asked.add(id);
      names.set(id, await (kind === 'document' ? titleOf(id) : collectionName(id)).catch(() => null));
    })
  );
}

async function titleOf(id: string): Promise<string> {
  return (await answer(api.GET('/api/v1/documents/{document_id}', { params: { path: { document_id: id } } }))).title;
}

async function collectionName(id: string): Promise<string> {
  const params = { path: { collection_id: id } };
  return (await answer(api.GET('/api/v1/collections/{collection_id}', { params }))).name;
}
