// Whether an answer should rest on documents, so that one without sources deserves a word.
import type { Assistant, Message } from '$lib/api/types';
import { workspace } from './workspace.svelte';

/** `question`: the message that it answers; `usual`: who answers what names nobody. */
export function expectsSources(reply: Message, question: Message | undefined, usual: Assistant | undefined): boolean {
  const named = question?.mentions;
  if (named && named.collection_ids.length + named.document_ids.length > 0) return true;
  const asked = named?.assistant_id ? workspace.assistant(named.assistant_id) : usual;
  // Judged by the assistant only if it is the same as when it answered.
  if (!asked || asked.updated_at > reply.created_at) return false;
  return asked.collection_ids.length > 0;
}
