// A growing text at the pace at which it can be drawn: once a frame, and less often if drawing takes long, so that the page stays usable.

/** Drawing may take a quarter of the time. */
const PAUSE_PER_MS = 3;
const LONGEST_PAUSE_MS = 1_000;

/** What it takes from the browser; a test brings its own. */
export interface Clock {
  now(): number;
  /** Calls after a pause of at least `ms`, before the next frame. */
  after(ms: number, call: () => void): () => void;
  /** When what changed is drawn. */
  drawn(): Promise<void>;
}

export class PacedText {
  /** The text to draw. */
  current = $state('');
  #latest = '';
  #pause = 0;
  #cancel: (() => void) | null = null;

  constructor(
    text: string,
    private readonly clock: Clock
  ) {
    this.current = text;
  }

  /** Takes a newer text, and draws it when its turn comes; what comes before that is drawn with it. */
  follow(text: string): void {
    this.#latest = text;
    this.#cancel ??= this.clock.after(this.#pause, () => void this.#draw());
  }

  leave(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async #draw(): Promise<void> {
    const begun = this.clock.now();
    const drawing = this.#latest;
    this.current = drawing;
    await this.clock.drawn();
    this.#pause = Math.min((this.clock.now() - begun) * PAUSE_PER_MS, LONGEST_PAUSE_MS);
    if (this.#cancel === null) return;
    this.#cancel = null;
    if (this.#latest !== drawing) this.follow(this.#latest);
  }
}
