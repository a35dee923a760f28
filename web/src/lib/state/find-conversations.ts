// Own conversations by the words and the meaning of their messages, as the server finds them.
import { answer, api } from '$lib/api/client';
import type { FoundConversations } from '$lib/api/types';

const LIMIT = 20;

export function findConversations(query: string, limit = LIMIT): Promise<FoundConversations> {
  return answer(api.POST('/api/v1/conversations/search', { body: { query, limit } }));
}
