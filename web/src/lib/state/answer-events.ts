// What the events of an answer do to its message.
import type { Message, StreamEvent } from '$lib/api/types';

/** The most characters of a model's thoughts that are kept on the page. */
const THOUGHT_CHARS = 100_000;

/** Applies an event; true where it was the last one. */
export function applyEvent(message: Message, event: StreamEvent): boolean {
  if (event.type === 'thinking') think(message, event.content);
  else if (ENDS_THOUGHTS.has(event.type) && message.thoughts?.ended === null) message.thoughts.ended = Date.now();
  switch (event.type) {
    case 'sources':
      message.sources = event.sources;
      return false;
    case 'left_out':
      message.left_out = event.parts;
      return false;
    case 'chunk':
      message.status = 'streaming';
      message.content += event.content;
      return false;
    case 'done':
      Object.assign(message, {
        status: 'done',
        usage: event.usage,
        citations: event.citations,
        uncited: event.uncited,
        finish_reason: event.finish_reason
      });
      return true;
    case 'stopped':
      message.status = 'stopped';
      return true;
    case 'error':
      Object.assign(message, { status: 'failed', problem: event.problem });
      return true;
    default:
      return false;
  }
}

const ENDS_THOUGHTS: ReadonlySet<StreamEvent['type']> = new Set(['chunk', 'done', 'stopped', 'error']);

function think(message: Message, text: string): void {
  message.thoughts ??= { text: '', began: Date.now(), ended: null };
  message.thoughts.ended = null;
  message.thoughts.text = (message.thoughts.text + text).slice(0, THOUGHT_CHARS);
}

export function parseStreamEvent(data: string): StreamEvent | null {
  try {
    return JSON.parse(data) as StreamEvent;
  } catch {
    return null;
  }
}
