// Progress of jobs and documents (GET /api/v1/events). One connection while somebody listens and the tab is seen:
// browsers allow six connections to a server, and hidden tabs would use them up.
import { refreshSession } from '$lib/api/session-refresh';
import type { FeedEvent } from '$lib/api/types';

export interface FeedListener {
  event: (event: FeedEvent) => void;
  /** Events may have been missed; read the lists again. */
  resync: () => void;
}

const URL = '/api/v1/events';
const REOPEN_MS = 3000;
const LONGEST_MS = 60_000;

class EventFeed {
  #listeners = new Set<FeedListener>();
  #source: EventSource | null = null;
  #reopen: ReturnType<typeof setTimeout> | undefined;
  #gap = false;
  #wait = REOPEN_MS;

  /** Listens until the returned function is called. */
  listen(listener: FeedListener): () => void {
    if (this.#listeners.size === 0) document.addEventListener('visibilitychange', this.#seen);
    this.#listeners.add(listener);
    this.#seen();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      document.removeEventListener('visibilitychange', this.#seen);
      this.#close();
    };
  }

  #seen = (): void => {
    if (document.visibilityState === 'hidden') {
      if (this.#source) this.#gap = true;
      this.#close();
    } else if (!this.#source && this.#listeners.size > 0) this.#open();
  };

  #open(): void {
    clearTimeout(this.#reopen);
    const source = new EventSource(URL);
    this.#source = source;
    const take = (message: MessageEvent<string>) => this.#take(message.data);
    source.onopen = () => {
      if (this.#gap) for (const listener of this.#listeners) listener.resync();
      this.#gap = false;
      this.#wait = REOPEN_MS;
    };
    source.onmessage = take;
    source.addEventListener('job', take);
    source.addEventListener('document', take);
    source.onerror = () => {
      this.#gap = true;
      // The browser reconnects by itself, except after an answer that was no stream.
      if (source.readyState === EventSource.CLOSED) this.#recover();
    };
  }

  // EventSource does not tell a 401 from any other refusal, so the session is renewed before trying again. What it was not (too many
  // tabs, a server that is away) lasts longer: the wait doubles.
  #recover(): void {
    this.#close();
    const since = Date.now() - REOPEN_MS;
    this.#reopen = setTimeout(() => {
      void refreshSession(since).then(() => {
        if (!this.#source && this.#listeners.size > 0) this.#seen();
      });
    }, this.#wait);
    this.#wait = Math.min(2 * this.#wait, LONGEST_MS);
  }

  #take(data: string): void {
    const event = parseEvent(data);
    if (event) for (const listener of this.#listeners) listener.event(event);
  }

  #close(): void {
    clearTimeout(this.#reopen);
    this.#source?.close();
    this.#source = null;
  }
}

function parseEvent(data: string): FeedEvent | null {
  try {
    return JSON.parse(data) as FeedEvent;
  } catch {
    return null;
  }
}

export const eventFeed = new EventFeed();
