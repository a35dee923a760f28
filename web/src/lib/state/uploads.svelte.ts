// Files on their way to the server: two at a time, with progress, cancel and retry. They go on while one looks elsewhere.
import { idempotencyKey } from '$lib/api/client';
import { asProblem, type ApiProblem } from '$lib/api/problem';
import { sendFile } from '$lib/api/send-file';
import type { DocumentAccepted, Document } from '$lib/api/types';
import { uploadLimits } from './upload-limits.svelte';

const AT_ONCE = 2;

export type UploadStatus = 'waiting' | 'sending' | 'empty' | 'large' | 'failed' | 'cancelled';

export class Upload {
  status = $state<UploadStatus>('waiting');
  /** Share of the bytes that left this machine, 0–100. */
  progress = $state(0);
  problem = $state<ApiProblem | null>(null);
  request: XMLHttpRequest | null = null;
  // The same key for every try: a file that arrived although the answer was lost is not stored twice.
  readonly key = idempotencyKey();

  constructor(
    readonly id: number,
    /** A collection, or a conversation whose questions the file is about. */
    readonly collectionId: string,
    readonly file: File,
    readonly path = `/api/v1/collections/${collectionId}/documents`
  ) {}
}

class Uploads {
  list = $state<Upload[]>([]);
  readonly running = $derived(this.list.some(({ status }) => status === 'sending' || status === 'waiting'));
  #next = 1;
  #accepted = new Set<(document: Document, upload: Upload) => void>();
  #cancelled = new Set<(upload: Upload) => void>();
  /** Files whose sending was cancelled: the server lists them until it notices. */
  #withdrawn = new Set<string>();

  /** Calls back for every file that the server took, until the returned function is called. */
  onAccepted(callback: (document: Document, upload: Upload) => void): () => void {
    this.#accepted.add(callback);
    return () => this.#accepted.delete(callback);
  }

  /** Calls back for every upload that is cancelled while it is sent, until the returned function is called. */
  onCancelled(callback: (upload: Upload) => void): () => void {
    this.#cancelled.add(callback);
    return () => this.#cancelled.delete(callback);
  }

  /** Whether the sending of this file was cancelled, and not begun again. */
  isCancelled(collectionId: string, filename: string): boolean {
    return this.#withdrawn.has(`${collectionId}/${filename}`);
  }

  of(collectionId: string): Upload[] {
    return this.list.filter((upload) => upload.collectionId === collectionId);
  }

  add(collectionId: string, files: Iterable<File>): void {
    this.#add(files, (id, file) => new Upload(id, collectionId, file));
  }

  /** Sends files that the next question of a conversation is about. */
  attach(conversationId: string, files: Iterable<File>): void {
    const path = `/api/v1/conversations/${conversationId}/attachments`;
    this.#add(files, (id, file) => new Upload(id, conversationId, file, path));
  }

  #add(files: Iterable<File>, make: (id: number, file: File) => Upload): void {
    for (const file of files) {
      const upload = make(this.#next++, file);
      if (file.size === 0) upload.status = 'empty';
      this.list.push(upload);
    }
    // The limit is known from then on; if it cannot be read, the server refuses what is too large.
    void uploadLimits.read().then(() => this.#startNext());
  }

  retry(upload: Upload): void {
    upload.status = 'waiting';
    upload.progress = 0;
    upload.problem = null;
    this.#startNext();
  }

  cancel(upload: Upload): void {
    const sending = upload.status === 'sending';
    upload.status = 'cancelled';
    upload.request?.abort();
    if (!sending) return;
    this.#withdrawn.add(`${upload.collectionId}/${upload.file.name}`);
    for (const cancelled of this.#cancelled) cancelled(upload);
  }

  cancelAll(): void {
    for (const upload of this.list) this.cancel(upload);
    this.list = [];
  }

  dismiss(upload: Upload): void {
    this.list = this.list.filter(({ id }) => id !== upload.id);
  }

  #startNext(): void {
    const sending = this.list.filter(({ status }) => status === 'sending').length;
    for (const upload of this.list) {
      if (upload.status === 'waiting' && upload.file.size > uploadLimits.fileBytes) upload.status = 'large';
    }
    for (const upload of this.list.filter(({ status }) => status === 'waiting').slice(0, AT_ONCE - sending)) {
      void this.#send(upload);
    }
  }

  async #send(upload: Upload): Promise<void> {
    upload.status = 'sending';
    this.#withdrawn.delete(`${upload.collectionId}/${upload.file.name}`);
    try {
      const { document } = await send(upload);
      this.dismiss(upload);
      for (const accepted of this.#accepted) accepted(document, upload);
    } catch (thrown) {
      if (upload.status === 'sending') {
        upload.status = 'failed';
        upload.problem = asProblem(thrown);
      }
    } finally {
      upload.request = null;
      this.#startNext();
    }
  }
}

function send(upload: Upload): Promise<DocumentAccepted> {
  const { file, path } = upload;
  return sendFile<DocumentAccepted>({
    path: `${path}?filename=${encodeURIComponent(file.name)}`,
    file,
    headers: { 'idempotency-key': upload.key },
    progressed: (percent) => (upload.progress = percent),
    begun: (request) => (upload.request = request)
  });
}

export const uploads = new Uploads();
