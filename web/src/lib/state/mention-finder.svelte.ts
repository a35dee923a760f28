// The list that opens at an `@` or a `#` in a question: assistants, or collections and documents.
import { switcherPlaces } from './switcher-places.svelte';
import { workspace } from './workspace.svelte';
import { fitting, type Mention, type MentionDraft } from '$lib/text/mention';

const PAUSE_MS = 150;
const MOST = 12;

type FindDocuments = (query: string) => Promise<{ id: string; name: string }[]>;

export class MentionFinder {
  found = $state.raw<Mention[]>([]);
  chosen = $state(0);
  /** What is being typed; null if that is no mention, or the list was closed. */
  draft = $state.raw<MentionDraft | null>(null);
  #closedAt: number | null = null;
  #turn = 0;
  #collections: Promise<void> | null = null;
  readonly #findDocuments: FindDocuments;

  constructor(findDocuments: FindDocuments = (query) => switcherPlaces.findDocuments(query)) {
    this.#findDocuments = findDocuments;
  }

  get open(): boolean {
    return this.draft !== null && (this.found.length > 0 || this.draft.query === '');
  }

  /** Called with every change of what is typed. */
  type(draft: MentionDraft | null): void {
    if (draft === null || draft.start !== this.#closedAt) this.#closedAt = null;
    if (draft === null || this.#closedAt !== null) return this.#stop();
    const same = this.draft?.sign === draft.sign && this.draft.query === draft.query;
    this.draft = draft;
    if (same) return;
    this.chosen = 0;
    if (draft.sign === '@') this.found = assistants(draft.query);
    else void this.#findKnowledge(draft.query);
  }

  /** Closes the list until another mention begins. */
  close(): void {
    this.#closedAt = this.draft?.start ?? null;
    this.#stop();
  }

  move(step: 1 | -1): void {
    const count = this.found.length;
    if (count > 0) this.chosen = (this.chosen + step + count) % count;
  }

  #stop(): void {
    this.#turn += 1;
    [this.draft, this.found] = [null, []];
  }

  /** Collections at once, documents when the typing pauses. */
  async #findKnowledge(query: string): Promise<void> {
    const turn = ++this.#turn;
    this.#collections ??= switcherPlaces.load().catch(() => undefined);
    await this.#collections;
    if (turn !== this.#turn) return;
    const collections = fitting(switcherPlaces.collections, query)
      .slice(0, MOST / 2)
      .map(({ id, name }) => ({ kind: 'collection' as const, id, name }));
    this.found = collections;
    if (query === '') return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (turn !== this.#turn) return;
    // Where nothing answers, the collections stay.
    const documents = await this.#findDocuments(query).catch(() => []);
    if (turn !== this.#turn) return;
    const named = documents.map(({ id, name }) => ({ kind: 'document' as const, id, name }));
    this.found = [...collections, ...named].slice(0, MOST);
  }
}

function assistants(query: string): Mention[] {
  return fitting(workspace.assistants, query)
    .slice(0, MOST)
    .map(({ id, name }) => ({ kind: 'assistant' as const, id, name }));
}
