// What the events of an answer do to its message.
import type { Message, StreamEvent } from '$lib/api/types';

/** Applies an event; true where it was the last one. */
export function applyEvent(message: Message, event: StreamEvent): boolean {
  switch (event.type) {
    case 'sources':
      message.sources = event.sources;
      return false;
    case 'chunk':
      message.status = 'streaming';
      message.content += event.content;
      return false;
    case 'done':
      Object.assign(message, { status: 'done', usage: event.usage, citations: event.citations });
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

export function parseStreamEvent(data: string): StreamEvent | null {
  try {
    return JSON.parse(data) as StreamEvent;
  } catch {
    return null;
  }
}
