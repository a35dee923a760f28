// The list that opens when a question begins with a slash: which prompts fit, and which of them is chosen.
import type { Prompt } from '$lib/api/types';
import { findPrompts } from './prompts';

const PAUSE_MS = 150;

type Find = typeof findPrompts;

export class PromptFinder {
  /** Those that fit what is typed, the best first. */
  found = $state.raw<Prompt[]>([]);
  chosen = $state(0);
  /** What is typed after the slash; null if no command is being typed, or the list was closed. */
  query = $state<string | null>(null);
  failed = $state(false);
  /** False until the first answer for what is being typed. */
  ready = $state(false);
  #closed = false;
  /** Everything that fits a beginning, so that more letters need no request. */
  #complete: { query: string; prompts: Prompt[] } | null = null;
  #turn = 0;
  #underway: Promise<void> = Promise.resolve();
  readonly #find: Find;

  constructor(find: Find = findPrompts) {
    this.#find = find;
  }

  /** Whether there is a list to show: prompts, that there are none at all, or that they cannot be read. */
  get open(): boolean {
    if (this.query === null || !this.ready) return false;
    return this.found.length > 0 || this.query === '' || this.failed;
  }

  /** Called with every change of what is typed after the slash; null if that is no command any more. */
  type(query: string | null): void {
    if (query === null) {
      this.#closed = false;
      this.#stop();
    } else if (!this.#closed && query !== this.query) {
      if (this.query === null) this.#complete = null;
      this.query = query;
      this.chosen = 0;
      this.#underway = this.#search(query);
    }
  }

  /** Closes the list until another command begins. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  move(step: 1 | -1): void {
    const count = this.found.length;
    if (count > 0) this.chosen = (this.chosen + step + count) % count;
  }

  /** The chosen prompt, once what is typed has been answered; undefined if none fits. */
  async choose(): Promise<Prompt | undefined> {
    await this.#underway;
    return this.query === null ? undefined : this.found[this.chosen];
  }

  #stop(): void {
    this.#turn += 1;
    // What is underway must not wait for itself.
    this.#underway = Promise.resolve();
    [this.query, this.found, this.ready, this.failed] = [null, [], false, false];
  }

  async #search(query: string): Promise<void> {
    const turn = ++this.#turn;
    const known = this.#complete;
    if (known && query.startsWith(known.query)) {
      this.#show(query, known.prompts);
      return;
    }
    // The first slash is answered at once; the letters after it when the typing pauses.
    if (query !== '') await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (turn !== this.#turn) return this.#underway;
    try {
      const { prompts, complete } = await this.#find(query);
      if (turn !== this.#turn) return this.#underway;
      if (complete) this.#complete = { query, prompts };
      this.#show(query, prompts);
    } catch {
      if (turn === this.#turn) [this.found, this.ready, this.failed] = [[], true, true];
    }
  }

  #show(query: string, prompts: Prompt[]): void {
    [this.found, this.ready, this.failed] = [matching(prompts, query), true, false];
  }
}

/** The prompts that fit, as the server searches: commands that begin so come before titles, own ones before those of spaces. */
export function matching(prompts: Prompt[], query: string): Prompt[] {
  const typed = query.normalize('NFC').toLowerCase();
  const rank = ({ command, title }: Prompt): number => {
    if (command === typed) return 3;
    if (command.startsWith(typed)) return 2;
    return ` ${title.toLowerCase()}`.includes(` ${typed}`) ? 1 : 0;
  };
  return prompts
    .map((prompt) => ({ prompt, rank: rank(prompt), own: prompt.space_id === null ? 1 : 0 }))
    .filter((one) => one.rank > 0)
    .sort(
      (one, other) =>
        other.rank - one.rank || other.own - one.own || one.prompt.command.localeCompare(other.prompt.command)
    )
    .map(({ prompt }) => prompt);
}
