// Conversations that one brings along from other products.
import { answer, api, done } from '$lib/api/client';
import { sendFile } from '$lib/api/send-file';
import type { ConversationImport } from '$lib/api/types';
import type { ListPage } from './paged-list.svelte';

const PAGE = 20;
/** The most bytes of a file, as the server has it: 256 MiB. */
export const LARGEST_BYTES = 256 * 1024 * 1024;

export async function listImports(cursor?: string): Promise<ListPage<ConversationImport>> {
  const page = await answer(api.GET('/api/v1/conversation-imports', { params: { query: { limit: PAGE, cursor } } }));
  return { items: page.imports, total: page.total, next: page.next_cursor };
}

export function readImport(id: string): Promise<ConversationImport> {
  return answer(api.GET('/api/v1/conversation-imports/{import_id}', { params: { path: { import_id: id } } }));
}

export function cancelImport(id: string): Promise<ConversationImport> {
  return answer(api.POST('/api/v1/conversation-imports/{import_id}/cancel', { params: { path: { import_id: id } } }));
}

export async function deleteImport(id: string): Promise<void> {
  const params = { path: { import_id: id } };
  await done(api.DELETE('/api/v1/conversation-imports/{import_id}', { params }), [404]);
}

/** Sends a file; `progressed` gets the percentage that has left. */
export function beginImport(
  file: File,
  assistantId: string,
  progressed: (percent: number) => void
): Promise<ConversationImport> {
  const query = new URLSearchParams({ assistant_id: assistantId, filename: file.name });
  return sendFile({ path: `/api/v1/conversation-imports?${query}`, file, progressed });
}

/** Whether more is to come of it. */
export function isUnderway({ status }: ConversationImport): boolean {
  return status === 'queued' || status === 'running';
}

/** What is wrong with a file before it is sent. */
export function fileFault(file: File | undefined): 'noFile' | 'emptyFile' | 'largeFile' | null {
  if (!file) return 'noFile';
  if (file.size === 0) return 'emptyFile';
  return file.size > LARGEST_BYTES ? 'largeFile' : null;
}
