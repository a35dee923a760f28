// All own conversations, shelf by shelf, in one folder or with one tag.
import { answer, api } from '$lib/api/client';
import type { Conversation } from '$lib/api/types';
import type { ListPage } from '$lib/state/paged-list.svelte';

export const SHELVES = ['current', 'archived', 'deleted'] as const;
export type Shelf = (typeof SHELVES)[number];
/** Which of them; empty: whatever it is. */
export type ShelfFilter = { folder: string; tag: string };

const PAGE = 50;

export function filterOf(parameters: URLSearchParams): ShelfFilter {
  return { folder: parameters.get('folder') ?? '', tag: parameters.get('tag') ?? '' };
}

/** The address of a shelf with a filter. */
export function shelfHref(shelf: Shelf, filter: ShelfFilter): string {
  const parameters = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
  return `/chat/shelves/${shelf}${parameters.size ? `?${parameters}` : ''}`;
}

export async function readShelf(
  shelf: Shelf,
  { folder, tag }: ShelfFilter,
  cursor?: string
): Promise<ListPage<Conversation>> {
  const query = { shelf, folder_id: folder || undefined, tag: tag || undefined, limit: PAGE, cursor };
  const page = await answer(api.GET('/api/v1/conversations', { params: { query } }));
  return {
    items: page.conversations,
    total: page.total,
    next: page.next_cursor
  };
}
