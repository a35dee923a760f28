// Who answers the next question: the assistant that it names, or the usual one.
import type { Assistant, UsableModel } from '$lib/api/types';
import { endText } from '$lib/i18n/model-text';
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

  constructor(
    private readonly usual: () => Assistant | undefined,
    /** The model that was chosen in place of the usual assistant's. */
    private readonly choice: () => string | null = () => null
  ) {
    this.models = new UsableModels(() => this.usual()?.space_id);
    this.#others = new UsableModels(() => (this.#elsewhere ? this.#assistant?.space_id : null));
  }

  /** Whether its model takes pictures. */
  get sees(): boolean {
    const assistant = this.#assistant;
    const chosen = assistant?.id === this.usual()?.id && assistant?.model_choice ? this.choice() : null;
    return (this.#elsewhere ? this.#others : this.models).sees(chosen ?? assistant?.model);
  }

  /** The models that the usual assistant may be asked with; none where there is nothing to choose. */
  get choices(): UsableModel[] {
    const models = this.models.list;
    return this.usual()?.model_choice && models.length > 1 ? models : [];
  }

  /** That the model that answers ends soon, and what its provider advises. */
  get warning(): string {
    const assistant = this.usual();
    const reference = (assistant?.model_choice ? this.choice() : null) ?? assistant?.model;
    const model = this.models.list.find(({ id }) => id === reference);
    return model ? endText(model) : '';
  }

  get #assistant(): Assistant | undefined {
    const named = this.mentions.find(({ kind }) => kind === 'assistant');
    return named ? workspace.assistant(named.id) : this.usual();
  }

  get #elsewhere(): boolean {
    return this.#assistant?.space_id !== this.usual()?.space_id;
  }
}
