// The conversations that are kept apart from those in use.
import { answer, api } from '$lib/api/client';
import type { Conversation } from '$lib/api/types';
import type { ListPage } from '$lib/state/paged-list.svelte';

export const SHELVES = ['archived', 'deleted'] as const;
export type Shelf = (typeof SHELVES)[number];

const PAGE = 50;

export async function readShelf(shelf: Shelf, cursor?: string): Promise<ListPage<Conversation>> {
  const query = { shelf, limit: PAGE, cursor };
  const page = await answer(api.GET('/api/v1/conversations', { params: { query } }));
  return {
    items: page.conversations,
    total: page.total,
    next: page.next_cursor
  };
}
