// The documents of one collection, kept current by the event feed and, where that falls silent, by asking.
import { answer, api, done, listAll } from '$lib/api/client';
import type { Document, DocumentStatus, FeedEvent } from '$lib/api/types';
import { eventFeed } from './event-feed';
import { uploads } from './uploads.svelte';

const PAGE = 100;
const ASK_AGAIN_MS = 10_000;
const FINISHED: ReadonlySet<DocumentStatus> = new Set(['ready', 'failed']);

export class CollectionDocuments {
  list = $state<Document[]>([]);
  loaded = $state(false);
  /** The last document that became ready or failed while one was looking. */
  latest = $state<Document | null>(null);

  constructor(readonly collectionId: string) {}

  async load(): Promise<void> {
    this.list = await listAll(async (cursor) => {
      const params = { path: { collection_id: this.collectionId }, query: { limit: PAGE, cursor } };
      const page = await answer(api.GET('/api/v1/collections/{collection_id}/documents', { params }));
      return { items: page.documents, next: page.next_cursor };
    });
    this.loaded = true;
  }

  /** Follows changes until the returned function is called. */
  follow(): () => void {
    const stopFeed = eventFeed.listen({
      event: (event) => this.#take(event),
      resync: () => void this.load().catch(() => undefined)
    });
    const stopUploads = uploads.onAccepted((document) => {
      if (document.collection_id === this.collectionId) this.keep(document);
    });
    const timer = setInterval(() => {
      const waiting = this.list.some(({ status }) => !FINISHED.has(status));
      if (waiting && document.visibilityState === 'visible') void this.load().catch(() => undefined);
    }, ASK_AGAIN_MS);
    return () => {
      stopFeed();
      stopUploads();
      clearInterval(timer);
    };
  }

  keep(document: Document): void {
    const at = this.list.findIndex(({ id }) => id === document.id);
    if (at < 0) this.list.unshift(document);
    else this.list[at] = document;
  }

  async retry(document: Document): Promise<void> {
    const params = { path: { document_id: document.id } };
    const { document: queued } = await answer(api.POST('/api/v1/documents/{document_id}/retry', { params }));
    this.keep(queued);
  }

  async remove(document: Document): Promise<void> {
    await done(api.DELETE('/api/v1/documents/{document_id}', { params: { path: { document_id: document.id } } }));
    this.list = this.list.filter(({ id }) => id !== document.id);
  }

  #take(event: FeedEvent): void {
    if (event.type !== 'document' || event.collection_id !== this.collectionId) return;
    const known = this.list.find(({ id }) => id === event.document_id);
    const status = event.status as DocumentStatus;
    if (known) {
      known.status = status;
      known.progress = event.progress;
      known.failure = event.failure;
    }
    // A finished document has more to tell than the event carries: pages, title, language.
    if (!known || FINISHED.has(status)) void this.#reload(event.document_id);
  }

  async #reload(id: string): Promise<void> {
    const params = { path: { document_id: id } };
    const document = await answer(api.GET('/api/v1/documents/{document_id}', { params })).catch(() => null);
    if (!document) return;
    this.keep(document);
    if (FINISHED.has(document.status)) this.latest = document;
  }
}
