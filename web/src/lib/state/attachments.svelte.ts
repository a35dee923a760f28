// The files that the next question of a conversation is about: sent, read by the server, ready. The question names them.
import type { Document, Message } from '$lib/api/types';
import { isPicture } from '$lib/pictures/fit';
import { rewritten } from '$lib/pictures/rewrite';
import { stageOf } from '$lib/text/document-view';
import type { Mention } from '$lib/text/mention';
import { CollectionDocuments } from './collection-documents.svelte';
import { uploads, type Upload } from './uploads.svelte';

/** The most files of one question. */
const MOST = 20;

export type Attachment = Message['attachments'][number];

export class Attachments {
  /** More files were added than a question may have. */
  tooMany = $state(false);
  /** Pictures were added that the model cannot see. */
  unseen = $state(false);
  /** A question that waits until they are ready. It stays here while one looks at another conversation. */
  waiting = $state.raw<{ content: string; mentions: Mention[] } | null>(null);
  #conversationId = $state<string | null>(null);
  #documents = $state.raw<CollectionDocuments | null>(null);
  #ids = $state<string[]>([]);
  #stop: (() => void)[] = [];

  /** `conversation` makes sure that there is one, once there is a file for it. */
  constructor(private readonly conversation: () => Promise<string>) {}

  /** Files that the server does not have yet. */
  get sending(): Upload[] {
    return this.#conversationId === null ? [] : uploads.of(this.#conversationId);
  }

  /** Files that the server has, in the order in which it got them. */
  get received(): Document[] {
    const list = this.#documents?.list ?? [];
    return this.#ids.flatMap((id) => list.find((document) => document.id === id) ?? []);
  }

  get count(): number {
    return this.sending.length + this.#ids.length;
  }

  /** Files that are sent or read and not ready yet. */
  get underway(): number {
    const sending = this.sending.filter(({ status }) => status === 'waiting' || status === 'sending').length;
    return sending + this.received.filter((document) => stageOf(document) === 'working').length;
  }

  /** Files that a question cannot be about, until they are removed or sent again. */
  get failed(): number {
    return this.count - this.underway - this.received.filter(({ status }) => status === 'ready').length;
  }

  /** Adds files; pictures only if the model of the assistant `sees` them. */
  async add(added: File[], sees = false): Promise<void> {
    const shown = added.filter((file) => sees || !isPicture(file));
    this.unseen = shown.length < added.length;
    const files = await Promise.all(shown.map((file) => (isPicture(file) ? rewritten(file) : file)));
    const room = MOST - this.count;
    this.tooMany = files.length > room;
    if (files.length === 0 || room <= 0) return;
    const id = await this.conversation();
    this.#conversationId = id;
    if (this.#stop.length === 0) this.#stop = [uploads.onAccepted((document, upload) => this.#take(document, upload))];
    uploads.attach(id, files.slice(0, room));
  }

  cancel(upload: Upload): void {
    uploads.cancel(upload);
    uploads.dismiss(upload);
    this.tooMany = false;
  }

  /** Takes a file away from the question, and from the server. */
  async remove(document: Document): Promise<void> {
    this.#ids = this.#ids.filter((id) => id !== document.id);
    this.tooMany = false;
    await this.#documents?.remove(document);
  }

  /** The files that are ready; the next question begins without any. */
  take(): Attachment[] {
    const ready = this.received.filter(({ status }) => status === 'ready');
    this.#ids = [];
    this.tooMany = this.unseen = false;
    return ready.map(({ id, filename, media_type }) => ({
      document_id: id,
      name: filename,
      media_type,
      available: true
    }));
  }

  close(): void {
    for (const upload of this.sending) this.cancel(upload);
    for (const stop of this.#stop) stop();
    this.#stop = [];
    this.#documents = null;
    this.#ids = [];
  }

  #take(document: Document, upload: Upload): void {
    if (upload.collectionId !== this.#conversationId) return;
    if (!this.#documents) {
      const documents = new CollectionDocuments(document.collection_id);
      this.#documents = documents;
      this.#stop.push(documents.follow());
    }
    this.#documents.keep(document);
    this.#ids.push(document.id);
  }
}
