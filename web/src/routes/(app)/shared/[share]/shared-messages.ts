// The messages behind a link, as messages that can be drawn and not changed.
import { answer, api } from '$lib/api/client';
import type { Message } from '$lib/api/types';
import type { ListPage } from '$lib/state/paged-list.svelte';

const PAGE = 100;

export async function readMessages(share: string, cursor?: string): Promise<ListPage<Message>> {
  const params = { path: { share_id: share }, query: { limit: PAGE, cursor } };
  const page = await answer(api.GET('/api/v1/shared-conversations/{share_id}/messages', { params }));
  const items = page.messages.map((message) => ({
    ...message,
    conversation_id: share,
    parent_id: null,
    mentions: null,
    finish_reason: null,
    failed_models: [],
    left_out: [],
    versions: [message.id],
    attachments: message.attachments.map((name) => ({ document_id: '', name, media_type: '', available: false })),
    usage: null,
    problem: null,
    feedback: null,
    updated_at: message.created_at
  }));
  return { items, total: page.total, next: page.next_cursor };
}
