// Own conversations by the words in them, as the server finds them.
import { answer, api } from '$lib/api/client';
import type { FoundConversation } from '$lib/api/types';

const LIMIT = 20;

export async function findConversations(query: string): Promise<FoundConversation[]> {
  const { results } = await answer(api.POST('/api/v1/conversations/search', { body: { query, limit: LIMIT } }));
  return results;
}
