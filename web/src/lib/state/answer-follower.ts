// Applies the events of one answer to its message.
import type { Message, StreamEvent } from '$lib/api/types';
import { readEvents } from '$lib/sse/parser';
import { applyEvent, parseStreamEvent } from './answer-events';
import type { ConversationState } from './conversation-state.svelte';

export class Follower {
  started = false;

  constructor(
    private readonly state: ConversationState,
    private readonly at: number,
    public lastEventId = ''
  ) {}

  /** Reads to the end of the body; true where at least one event came. */
  async read(body: ReadableStream<Uint8Array>): Promise<boolean> {
    let any = false;
    for await (const { id, data } of readEvents(body)) {
      any = true;
      if (id) this.lastEventId = id;
      const event = parseStreamEvent(data);
      const message = this.state.messages[this.at];
      if (event && message) this.#apply(message, event);
    }
    return any;
  }

  #apply(message: Message, event: StreamEvent): void {
    switch (event.type) {
      case 'start':
        // A stream read from its beginning repeats everything.
        this.state.named(message, event.message_id);
        Object.assign(message, { content: '', sources: [], citations: [], uncited: [], left_out: [] });
        if (message.thoughts) message.thoughts.text = '';
        this.started = true;
        if (this.state.stopping) void this.state.sendStop(message.id).catch(() => undefined);
        return;
      case 'title':
        this.state.setTitle(event.title);
        return;
      default:
        if (applyEvent(message, event)) this.state.stopping = false;
    }
  }
}
