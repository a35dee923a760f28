import { describe, expect, it } from 'vitest';
import { EventParser, readEvents, type ServerEvent } from './parser';

const bytes = (text: string) => new TextEncoder().encode(text);
const all = (...pieces: (string | Uint8Array)[]): ServerEvent[] => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(typeof piece === 'string' ? bytes(piece) : piece));
};
const data = (...pieces: (string | Uint8Array)[]) => all(...pieces).map((event) => event.data);

describe('event parser', () => {
  it('reads one event', () => {
    expect(all('id: 7\nevent: job\ndata: {"a":1}\n\n')).toEqual([{ id: '7', event: 'job', data: '{"a":1}' }]);
  });

  it('reads LF, CRLF and CR line ends, mixed', () => {
    expect(data('data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\r\n\n')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is not misled by a CRLF cut in the middle', () => {
    expect(data('data: a\r', '\ndata: b\r\n\r', '\ndata: c\n\n')).toEqual(['a\nb', 'c']);
  });

  it('does not take the LF of a cut CRLF for an empty line', () => {
    expect(data('data: one\r', '\n', 'data: two\r', '\n', '\r', '\n')).toEqual(['one\ntwo']);
  });

  it('joins lines of data with a line feed', () => {
    expect(data('data: a\ndata:\ndata: b\n\n')).toEqual(['a\n\nb']);
  });

  it('keeps a character whose bytes arrive one by one', () => {
    const stream = bytes('data: på 😀\n\n');
    expect(data(...Array.from(stream, (_, at) => stream.slice(at, at + 1)))).toEqual(['på 😀']);
  });

  it('ignores comments, unknown fields and retry', () => {
    expect(data(': keep-alive\n\n', 'retry: 100\nfoo: bar\ndata: x\n\n', ':\n\n')).toEqual(['x']);
  });

  it('removes one space after the colon, no more', () => {
    expect(data('data:  two\n\ndata:none\n\ndata\n\n')).toEqual([' two', 'none', '']);
  });

  it('keeps the last id for events without one, and refuses an id with NUL', () => {
    const events = all('id: 1\ndata: a\n\ndata: b\n\nid: x\0y\ndata: c\n\nid\ndata: d\n\n');
    expect(events.map((event) => event.id)).toEqual(['1', '1', '1', '']);
  });

  it('takes an id from an event without data, and dispatches nothing', () => {
    const parser = new EventParser();
    expect(parser.push(bytes('id: 9\n\n'))).toEqual([]);
    expect(parser.lastEventId).toBe('9');
  });

  it('drops the byte order mark', () => {
    expect(data(new Uint8Array([0xef, 0xbb, 0xbf]), 'data: a\n\n')).toEqual(['a']);
  });

  it('drops an event that was cut off', () => {
    expect(data('data: a\n\ndata: b\n')).toEqual(['a']);
  });

  it('forgets the event name after an event', () => {
    expect(all('event: x\ndata: a\n\ndata: b\n\n').map((event) => event.event)).toEqual(['x', 'message']);
  });

  it('gives the same events at every cut', () => {
    const stream = bytes('id: 1\r\ndata: ä\r\n\r\n: c\r\ndata: {"x":"😀"}\ndata: y\n\nid: 2\rdata: z\r\r');
    const whole = all(stream);
    expect(whole.map((event) => event.data)).toEqual(['ä', '{"x":"😀"}\ny', 'z']);
    for (let cut = 1; cut < stream.length; cut += 1) {
      expect(all(stream.slice(0, cut), stream.slice(cut))).toEqual(whole);
    }
  });
});

describe('readEvents', () => {
  it('cancels the body when the reader leaves', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes('data: x\n\n')),
      cancel: () => void (cancelled = true)
    });
    for await (const event of readEvents(body)) {
      expect(event.data).toBe('x');
      break;
    }
    expect(cancelled).toBe(true);
  });
});
