// Who answers the next question: the assistant that it names, or the usual one.
import type { Assistant } from '$lib/api/types';
import type { Mention } from '$lib/text/mention';
import { UsableModels } from './usable-models.svelte';
import { workspace } from './workspace.svelte';

export class Answering {
  /** What the question names. */
  mentions = $state.raw<Mention[]>([]);
  /** Of the usual assistant's space. */
  readonly models: UsableModels;
  /** Of the space of an assistant that is named. */
  readonly #others: UsableModels;

  constructor(private readonly usual: () => Assistant | undefined) {
    this.models = new UsableModels(() => this.usual()?.space_id);
    this.#others = new UsableModels(() => (this.#elsewhere ? this.#assistant?.space_id : null));
  }

  /** Whether its model takes pictures. */
  get sees(): boolean {
    return (this.#elsewhere ? this.#others : this.models).sees(this.#assistant?.model);
  }

  get #assistant(): Assistant | undefined {
    const named = this.mentions.find(({ kind }) => kind === 'assistant');
    return named ? workspace.assistant(named.id) : this.usual();
  }

  get #elsewhere(): boolean {
    return this.#assistant?.space_id !== this.usual()?.space_id;
  }
}
