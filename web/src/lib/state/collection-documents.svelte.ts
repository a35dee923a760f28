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
  /** How many the server has; more than are listed while pages are still read. */
  total = $state(0);
  /** The first page is there. */
  loaded = $state(false);
  /** Every page is there. */
  complete = $state(false);
  /** The last document that became ready or failed while one was looking. */
  latest = $state<Document | null>(null);
  #reading: Promise<void> | null = null;
  /** Ids that were put in or taken out while pages are read: they are newer than the pages. */
  #touched = new Set<string>();

  constructor(readonly collectionId: string) {}

  /** Reads the first page; the others follow by themselves. */
  load(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#readAll(resolve).then(resolve, reject);
    });
  }

  /** Follows changes until the returned function is called. */
  follow(): () => void {
    const again = () => void this.#readAll().catch(() => undefined);
    const stopFeed = eventFeed.listen({ event: (event) => this.#take(event), resync: again });
    const stopUploads = uploads.onAccepted((document) => {
      if (document.collection_id === this.collectionId) this.keep(document);
    });
    const stopCancels = uploads.onCancelled((upload) => {
      if (upload.collectionId === this.collectionId) this.dropCancelled();
    });
    const timer = setInterval(() => {
      const waiting = (this.loaded && !this.complete) || this.list.some(({ status }) => !FINISHED.has(status));
      if (waiting && document.visibilityState === 'visible') again();
    }, ASK_AGAIN_MS);
    return () => {
      stopFeed();
      stopUploads();
      stopCancels();
      clearInterval(timer);
    };
  }

  keep(document: Document): void {
    if (this.#isCancelled(document)) return;
    this.#touched.add(document.id);
    const at = this.list.findIndex(({ id }) => id === document.id);
    if (at < 0) {
      this.list.unshift(document);
      this.total += 1;
    } else this.list[at] = document;
  }

  async retry(document: Document): Promise<void> {
    const params = { path: { document_id: document.id } };
    const { document: queued } = await answer(api.POST('/api/v1/documents/{document_id}/retry', { params }));
    this.keep(queued);
  }

  async remove(document: Document): Promise<void> {
    const params = { path: { document_id: document.id } };
    await done(api.DELETE('/api/v1/documents/{document_id}', { params }), [404]);
    this.#drop(document.id);
  }

  /** Moves it to another collection, where its job goes on. */
  async move(document: Document, collection_id: string): Promise<void> {
    const params = { path: { document_id: document.id } };
    await answer(api.PATCH('/api/v1/documents/{document_id}', { params, body: { collection_id } }));
    this.#drop(document.id);
  }

  /** Takes cancelled uploads out of the list; their rows on the server go by themselves. */
  dropCancelled(): void {
    for (const document of this.list.filter((one) => this.#isCancelled(one))) this.#drop(document.id);
  }

  #isCancelled({ status, filename }: Document): boolean {
    return status === 'uploading' && uploads.isCancelled(this.collectionId, filename);
  }

  #drop(id: string): void {
    this.#touched.add(id);
    const left = this.list.filter((document) => document.id !== id);
    this.total -= this.list.length - left.length;
    this.list = left;
  }

  /** Reads every page into the list. One reading at a time: it meets what the others would. */
  #readAll(first?: () => void): Promise<void> {
    this.#reading ??= this.#read(first).finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #read(first?: () => void): Promise<void> {
    this.#touched.clear();
    const met = new Set<string>();
    await listAll(
      async (cursor) => {
        const params = { path: { collection_id: this.collectionId }, query: { limit: PAGE, cursor } };
        const page = await answer(api.GET('/api/v1/collections/{collection_id}/documents', { params }));
        this.total = page.total;
        return { items: page.documents, next: page.next_cursor };
      },
      (listed) => {
        const documents = listed.filter((document) => !this.#isCancelled(document));
        for (const { id } of documents) met.add(id);
        this.#merge(documents);
        this.loaded = true;
        first?.();
      }
    );
    // What no page had is gone, unless it came while the pages were read.
    this.list = this.list.filter(({ id }) => met.has(id) || this.#touched.has(id));
    this.total = this.list.length;
    this.complete = true;
  }

  #merge(documents: Document[]): void {
    const places = new Map(this.list.map(({ id }, at) => [id, at]));
    const added: Document[] = [];
    for (const document of documents) {
      if (this.#touched.has(document.id)) continue;
      const at = places.get(document.id);
      if (at === undefined) added.push(document);
      else this.list[at] = document;
    }
    if (added.length === 0) return;
    // Newest first, as the server lists them.
    this.list = [...this.list, ...added].sort((one, other) => other.created_at.localeCompare(one.created_at));
  }

  #take(event: FeedEvent): void {
    if (event.type !== 'document') return;
    if (event.collection_id !== this.collectionId) {
      // Another user has moved it there.
      if (this.list.some(({ id }) => id === event.document_id)) this.#drop(event.document_id);
      return;
    }
    const known = this.list.find(({ id }) => id === event.document_id);
    const status = event.status as DocumentStatus;
    if (known) {
      known.status = status;
      known.progress = event.progress;
      known.failure = event.failure;
      this.#touched.add(known.id);
    }
    // A finished document has more to tell than the event carries: pages, title, language.
    if (!known || FINISHED.has(status)) void this.#reload(event.document_id);
  }

  async #reload(id: string): Promise<void> {
    const params = { path: { document_id: id } };
    const document = await answer(api.GET('/api/v1/documents/{document_id}', { params })).catch(() => null);
    // It may have been moved while one asked.
    if (document?.collection_id !== this.collectionId) return;
    this.keep(document);
    if (FINISHED.has(document.status)) this.latest = document;
  }
}
