// One's own documents and the assistant that answers from them. Both are made at first need, so that a newcomer can drop a file and ask.
import { answer, api } from '$lib/api/client';
import type { Assistant, Collection, Document } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';
import { stageOf } from '$lib/text/document-view';
import { CollectionDocuments } from './collection-documents.svelte';
import { allows } from './permissions';
import { session } from './session.svelte';
import { uploads } from './uploads.svelte';
import { workspace } from './workspace.svelte';

export interface Opened {
  assistant: Assistant;
  collection: Collection;
}

class Personal {
  opened = $state.raw<Opened | null>(null);
  documents = $state.raw<CollectionDocuments | null>(null);
  /** Ids of the documents that were added on this page. */
  #fresh = $state<string[]>([]);
  /** Files that were dropped before one's own collection is there. */
  #adding = $state(0);
  #opening: Promise<Opened> | null = null;
  #stop: (() => void)[] = [];

  /** Whether the role of the signed-in person lets them have documents and an assistant of their own. */
  get allowed(): boolean {
    return allows(session.user, 'assistants') && allows(session.user, 'collections');
  }

  /** The documents that were added since the page was loaded, newest first. */
  get fresh(): Document[] {
    return this.documents?.list.filter(({ id }) => this.#fresh.includes(id)) ?? [];
  }

  /** Whether files were dropped whose collection is not there yet. */
  get isAdding(): boolean {
    return this.#adding > 0;
  }

  /** Files that are sent or read and not searchable yet. */
  get underway(): number {
    const sending = this.opened ? uploads.of(this.opened.collection.id).filter(isOnItsWay).length : 0;
    return this.#adding + sending + this.fresh.filter((document) => stageOf(document) === 'working').length;
  }

  /** The assistant and its collection; the server makes what is missing. */
  open(): Promise<Opened> {
    if (this.opened && workspace.assistant(this.opened.assistant.id)) return Promise.resolve(this.opened);
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    return this.#opening;
  }

  /** Adds files to one's own documents. */
  async add(files: File[]): Promise<Opened> {
    this.#adding += files.length;
    try {
      const opened = await this.open();
      uploads.add(opened.collection.id, files);
      return opened;
    } finally {
      this.#adding -= files.length;
    }
  }

  forget(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
    this.opened = null;
    this.documents = null;
    this.#fresh = [];
  }

  async #open(): Promise<Opened> {
    const body = { name: t('personal.name') };
    const opened = await answer(api.POST('/api/v1/assistants/personal', { body }));
    this.forget();
    this.opened = opened;
    workspace.keepAssistant(opened.assistant);
    const documents = new CollectionDocuments(opened.collection.id);
    this.documents = documents;
    this.#stop = [
      documents.follow(),
      uploads.onAccepted(({ id, collection_id }) => {
        if (collection_id === opened.collection.id) this.#fresh.push(id);
      })
    ];
    return opened;
  }
}

function isOnItsWay({ status }: { status: string }): boolean {
  return status === 'waiting' || status === 'sending';
}

export const personal = new Personal();
