// Asks a worker for the colours of code: one request after another, each with a deadline.
import type { Token } from './tokens';

export interface Request {
  id: number;
  grammar: string;
  text: string;
}

/** `id` 0: the worker has started. `tokens` null: this text has no colours. */
export interface Response {
  id: number;
  tokens: Token[] | null;
}

/** What is used of a Worker. */
export interface WorkerLike {
  postMessage(message: Request): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<Response>) => unknown) | null;
  onerror: ((event: ErrorEvent) => unknown) | null;
}

/** Longer code stays without colours. */
export const MOST_CHARACTERS = 50_000;
const START_MS = 15_000;
const DEADLINE_MS = 1_500;
/** So many workers that had to be ended in a row mean that there is no sense in another. */
const MOST_FAILURES = 5;

export class Highlighter {
  #worker: WorkerLike | null = null;
  #started = false;
  #failures = 0;
  #next = 1;
  #busy: { id: number; settle: (tokens: Token[] | null) => void } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly start: () => WorkerLike) {}

  /** The colours of a text; null if it is too long, or takes too long, or its grammar fails. */
  highlight(grammar: string, text: string): Promise<Token[] | null> {
    const answer = this.#turn.then(() => new Promise<Token[] | null>((settle) => this.#send(grammar, text, settle)));
    this.#turn = answer;
    return answer;
  }

  #send(grammar: string, text: string, settle: (tokens: Token[] | null) => void): void {
    if (text.length > MOST_CHARACTERS || this.#failures >= MOST_FAILURES) return settle(null);
    const request = { id: this.#next++, grammar, text };
    this.#busy = { id: request.id, settle };
    try {
      this.#worker ??= this.#begin();
    } catch {
      this.#failures = MOST_FAILURES;
      return this.#done(null);
    }
    this.#worker.postMessage(request);
    this.#timer = setTimeout(() => this.#end(), this.#started ? DEADLINE_MS : START_MS);
  }

  #begin(): WorkerLike {
    this.#started = false;
    const worker = this.start();
    worker.onmessage = ({ data }) => {
      if (worker !== this.#worker) return;
      if (data.id === 0) {
        this.#started = true;
        // Loading is over: from now on the text alone takes the time.
        if (this.#busy) this.#restartTimer();
      } else if (data.id === this.#busy?.id) {
        this.#failures = 0;
        this.#done(data.tokens);
      }
    };
    worker.onerror = () => worker === this.#worker && this.#end();
    return worker;
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), DEADLINE_MS);
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#failures += 1;
    this.#done(null);
  }

  #done(tokens: Token[] | null): void {
    clearTimeout(this.#timer);
    const busy = this.#busy;
    this.#busy = null;
    busy?.settle(tokens);
  }
}
