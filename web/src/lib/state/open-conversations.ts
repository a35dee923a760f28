// Conversations stay open while one looks elsewhere, so that a streaming answer goes on.
import { SvelteMap } from 'svelte/reactivity';
import { answer, api, done, idempotencyKey } from '$lib/api/client';
import type { Conversation } from '$lib/api/types';
import type { Mention } from '$lib/text/mention';
import type { Attachment } from './attachments.svelte';
import { ConversationState } from './conversation-state.svelte';
import { workspace } from './workspace.svelte';

const KEPT = 12;
const open = new SvelteMap<string, ConversationState>();

/** The state of a conversation, the same object for as long as it is kept. */
export function openConversation(id: string): ConversationState {
  const known = open.get(id);
  if (known) return known;
  const fresh = new ConversationState(id);
  open.set(id, fresh);
  for (const [oldest, state] of open) {
    if (open.size <= KEPT) break;
    if (state.running) continue;
    state.close();
    open.delete(oldest);
  }
  return fresh;
}

/** Begins a conversation; without a question it is in no list yet. `model`: answers in place of the assistant's own. */
export async function beginConversation(assistantId: string, model: string | null = null): Promise<ConversationState> {
  const conversation = await answer(
    api.POST('/api/v1/conversations', {
      body: { assistant_id: assistantId, ...(model === null ? {} : { model }) },
      params: { header: { 'Idempotency-Key': idempotencyKey() } }
    })
  );
  const state = openConversation(conversation.id);
  state.conversation = conversation;
  state.loaded = true;
  return state;
}

/** Deletes a conversation in which nothing was asked. */
export async function discardConversation(id: string): Promise<void> {
  closeConversation(id);
  const params = { path: { conversation_id: id } };
  await done(api.DELETE('/api/v1/conversations/{conversation_id}', { params })).catch(() => undefined);
}

/** Asks the first question; the answer goes on streaming. */
export function askFirst(
  state: ConversationState,
  question: string,
  mentions: Mention[],
  attachments: Attachment[]
): void {
  if (state.conversation) workspace.keepConversation(state.conversation);
  void state.ask(question, mentions, attachments);
}

/** True while an answer is being written in this conversation, as far as this tab knows. */
export function isRunning(id: string): boolean {
  return open.get(id)?.running ?? false;
}

/** A conversation that is open is shown as it was changed elsewhere on the page. */
export function noted(conversation: Conversation): void {
  const state = open.get(conversation.id);
  if (state) state.conversation = conversation;
}

export function closeConversation(id: string): void {
  open.get(id)?.close();
  open.delete(id);
}

export function closeAllConversations(): void {
  for (const state of open.values()) state.close();
  open.clear();
}
