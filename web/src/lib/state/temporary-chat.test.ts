import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StreamEvent } from '$lib/api/types';
import type { TemporaryChat } from './temporary-chat.svelte';

interface Asked {
  content: string;
  turns: { question: string; answer: string }[];
}

let asked: Asked[];
/** The bodies of the next answers. */
let bodies: ReadableStream<Uint8Array>[];

const line = (event: StreamEvent) => `data: ${JSON.stringify(event)}\n\n`;
const chunk = (content: string) => line({ type: 'chunk', content });
const usage = { prompt_tokens: 1, completion_tokens: 1, cost: null };
const done = line({ type: 'done', usage, citations: [], uncited: [], finish_reason: 'stop' });

const body = (text: string) => new Response(text).body as ReadableStream<Uint8Array>;

/** An answer that stays open until the request is given up. */
const endless = (text: string) =>
  new ReadableStream<Uint8Array>({ start: (stream) => stream.enqueue(new TextEncoder().encode(text)) });

beforeEach(() => {
  asked = [];
  bodies = [];
  vi.stubGlobal('location', { origin: 'http://tessera.test' });
  vi.stubGlobal('document', { cookie: 'tessera_csrf=x' });
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push((await request.json()) as Asked);
    const source = bodies.shift();
    if (!source) return Response.json({ error: 'unavailable', status: 503 }, { status: 503 });
    return new Response(source.pipeThrough(new TransformStream(), { signal: request.signal }));
  });
  vi.resetModules();
});

afterEach(() => vi.unstubAllGlobals());

async function chat(): Promise<TemporaryChat> {
  const { TemporaryChat } = await import('./temporary-chat.svelte');
  return new TemporaryChat('assistant');
}

it('sends what was said with every question, and nothing that failed', async () => {
  bodies = [body(chunk('At ') + chunk('nine.') + done)];
  const talk = await chat();
  await talk.ask('When?');
  await talk.ask('This one fails.');
  bodies = [body(chunk('At six.') + done)];
  await talk.ask('And then?');
  expect(asked.at(-1)).toEqual({
    assistant_id: 'assistant',
    content: 'And then?',
    turns: [{ question: 'When?', answer: 'At nine.' }]
  });
  expect(talk.messages.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'failed', 'done', 'done']);
});

it('takes an answer that ends early for a failure', async () => {
  bodies = [body(chunk('At n'))];
  const talk = await chat();
  await talk.ask('When?');
  expect(talk.messages[1]).toMatchObject({ content: 'At n', status: 'failed' });
  expect(talk.takeBack(talk.messages[1]!)).toEqual(['When?', []]);
  expect(talk.messages).toEqual([]);
});

it('asks whom a question names about what it names, and that question alone', async () => {
  bodies = [body(chunk('At nine.') + done), body(chunk('At six.') + done)];
  const talk = await chat();
  await talk.ask('When?', [
    { kind: 'assistant', id: 'clerk' },
    { kind: 'document', id: 'statutes' }
  ]);
  await talk.ask('And then?');
  expect(asked[0]).toMatchObject({ assistant_id: 'clerk', document_ids: ['statutes'] });
  expect(asked[1]).toMatchObject({ assistant_id: 'assistant' });
  expect(asked[1]).not.toHaveProperty('document_ids');
});

it('keeps the text so far when it is stopped', async () => {
  bodies = [endless(chunk('At nine'))];
  const talk = await chat();
  const asking = talk.ask('When?');
  await vi.waitFor(() => expect(talk.messages[1]?.content).toBe('At nine'));
  expect(talk.running).toBe(true);
  talk.stop();
  await asking;
  expect(talk.messages[1]).toMatchObject({ content: 'At nine', status: 'stopped' });
});

it('sends only the newest turns that one request may carry', async () => {
  const talk = await chat();
  for (let turn = 0; turn < 42; turn += 1) {
    bodies = [body(chunk(`a${turn}`) + done)];
    await talk.ask(`q${turn}`);
  }
  const { turns } = asked.at(-1) as Asked;
  expect([turns.length, turns[0]?.question, turns.at(-1)?.question]).toEqual([40, 'q1', 'q40']);
});
