// What the quick switcher can go to beyond what every page has loaded: conversations, collections, and what the server finds.
import { answer, api, type Lister } from '$lib/api/client';
import type { Collection, Conversation } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';
import type { Place } from '$lib/text/places';
import { findConversations } from './find-conversations';

const PAGE = 100;
const DOCUMENTS = 5;
const CONVERSATIONS = 5;
/** So many of each list, the newest first: a palette that reads thousands of names would be late for the first letter. */
export const MOST_OF_A_LIST = 1_000;

/** The first items of a list, page by page, up to a bound. */
export async function newest<T>(list: Lister<T>, most = MOST_OF_A_LIST): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && items.length < most);
  return items.slice(0, most);
}

class SwitcherPlaces {
  conversations = $state.raw<Conversation[]>([]);
  collections = $state.raw<Collection[]>([]);

  /** Reads the lists; what was read before stays until they are there. */
  async load(): Promise<void> {
    const [conversations, collections] = await Promise.all([
      newest(async (cursor) => {
        const page = await answer(api.GET('/api/v1/conversations', { params: { query: { limit: PAGE, cursor } } }));
        return { items: page.conversations, next: page.next_cursor };
      }),
      newest(async (cursor) => {
        const page = await answer(api.GET('/api/v1/collections', { params: { query: { limit: PAGE, cursor } } }));
        return { items: page.collections, next: page.next_cursor };
      })
    ]);
    this.conversations = conversations;
    this.collections = collections;
  }

  /** Documents that hold the words. */
  async findDocuments(query: string): Promise<Place[]> {
    const body = { query, limit: DOCUMENTS, mode: 'text' as const };
    const { results } = await answer(api.POST('/api/v1/search', { body }));
    // Several hits of a document are one place.
    const titles = new Map(results.map(({ document_id, title }) => [document_id, title]));
    return Array.from(titles, ([id, name]) => ({ kind: 'document', id, name, href: `/documents/${id}` }));
  }

  /** Own conversations by the words and the meaning of their messages. */
  async findConversations(query: string): Promise<Place[]> {
    const { results } = await findConversations(query, CONVERSATIONS);
    return results.map(({ conversation: { id, title } }) => ({
      kind: 'conversation',
      id,
      name: title ?? t('chat.untitled'),
      href: `/chat/${id}`
    }));
  }

  /** What the server finds. If one search fails, the other one counts. */
  async find(query: string): Promise<Place[]> {
    const searches = [this.findConversations(query), this.findDocuments(query)];
    const found = await Promise.all(searches.map((search) => search.catch(() => [])));
    return found.flat();
  }

  /** A list was longer than what is searched here. */
  get cut(): boolean {
    return this.conversations.length >= MOST_OF_A_LIST || this.collections.length >= MOST_OF_A_LIST;
  }

  forget(): void {
    this.conversations = [];
    this.collections = [];
  }
}

export const switcherPlaces = new SwitcherPlaces();
