// Server-sent events from a fetch body (WHATWG HTML §9.2.6). EventSource cannot POST; this can.

export interface ServerEvent {
  /** The last `id:` seen, also from an earlier event; empty when there was none. */
  id: string;
  /** The `event:` field, `message` when absent. */
  event: string;
  data: string;
}

/** Turns bytes into events, whatever the cuts between them. Incomplete last events are dropped, as the standard asks. */
export class EventParser {
  #decoder = new TextDecoder('utf-8');
  #rest = '';
  #afterCarriageReturn = false;
  #data: string[] = [];
  #event = '';
  #id = '';

  get lastEventId(): string {
    return this.#id;
  }

  push(bytes: Uint8Array): ServerEvent[] {
    return this.#pushText(this.#decoder.decode(bytes, { stream: true }));
  }

  #pushText(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    let rest = this.#rest + text;
    // A CR that ended the last piece was taken as a line end; the LF of its pair is not another.
    if (this.#afterCarriageReturn && rest !== '') {
      if (rest.startsWith('\n')) rest = rest.slice(1);
      this.#afterCarriageReturn = false;
    }
    for (;;) {
      const end = rest.search(/[\r\n]/);
      if (end < 0) break;
      const line = rest.slice(0, end);
      const pair = rest.startsWith('\r\n', end);
      if (rest[end] === '\r' && end === rest.length - 1) this.#afterCarriageReturn = true;
      rest = rest.slice(end + (pair ? 2 : 1));
      const event = this.#takeLine(line);
      if (event) events.push(event);
    }
    this.#rest = rest;
    return events;
  }

  #takeLine(line: string): ServerEvent | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = this.#event || 'message';
    const data = this.#data;
    this.#data = [];
    this.#event = '';
    if (data.length === 0) return null;
    return { id: this.#id, event, data: data.join('\n') };
  }
}

/** The events of a response body, until it ends. Breaking out of the loop cancels the body. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, void> {
  const parser = new EventParser();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
