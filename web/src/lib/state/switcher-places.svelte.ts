// What the quick switcher can go to beyond what every page has loaded: all conversations, all collections, documents by their words.
import { answer, api, listAll } from '$lib/api/client';
import type { Collection, Conversation } from '$lib/api/types';
import type { Place } from '$lib/text/places';

const PAGE = 100;
const DOCUMENTS = 5;

class SwitcherPlaces {
  conversations = $state.raw<Conversation[]>([]);
  collections = $state.raw<Collection[]>([]);

  /** Reads the lists; what was read before stays until they are there. */
  async load(): Promise<void> {
    const [conversations, collections] = await Promise.all([
      listAll(async (cursor) => {
        const page = await answer(api.GET('/api/v1/conversations', { params: { query: { limit: PAGE, cursor } } }));
        return { items: page.conversations, next: page.next_cursor };
      }),
      listAll(async (cursor) => {
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
    return results.map(({ document_id, title }) => ({
      kind: 'document',
      id: document_id,
      name: title,
      href: `/documents/${document_id}`
    }));
  }

  forget(): void {
    this.conversations = [];
    this.collections = [];
  }
}

export const switcherPlaces = new SwitcherPlaces();
