// A real HTTP server that cuts streams, in place of the one that we do not want to cut.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message, Source, StreamEvent } from '$lib/api/types';
import type { ConversationState } from './conversation-state.svelte';

type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

const CONVERSATION = '0192f000-0000-7000-8000-000000000001';
const MESSAGE = '0192f000-0000-7000-8000-000000000002';
const source = {
  n: 1,
  document_id: 'd',
  chunk_id: 'c',
  title: 'T',
  url: '',
  page: 1,
  heading_path: [],
  snippet: '',
  score: 1,
  available: true,
  web_source: null,
  filename: 'a.md',
  collection: 'Minutes'
};

let server: Server;
let routes: Record<string, Answerer[]>;
let asked: { route: string; lastEventId: string | undefined; key: string | undefined }[];

/** Answers a route; the last answer is repeated. */
function on(route: string, ...answers: Answerer[]): void {
  routes[route] = answers;
}

const json =
  (body: unknown, status = 200): Answerer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

/** Sends events with the ids `from`, `from`+1 …, then ends the body or cuts the connection. */
const stream =
  (from: number, events: StreamEvent[], cut = false): Answerer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    events.forEach((event, at) => response.write(`id: ${from + at}\ndata: ${JSON.stringify(event)}\n\n`));
    // A moment for the bytes to leave before the connection is torn down.
    if (cut) response.write(': \n', () => response.socket?.destroySoon());
    else response.end();
  };

const start: StreamEvent = { type: 'start', message_id: MESSAGE, conversation_id: CONVERSATION };
const sources: StreamEvent = { type: 'sources', sources: [source as Source] };
const chunk = (content: string): StreamEvent => ({ type: 'chunk', content });
const done: StreamEvent = {
  type: 'done',
  usage: { prompt_tokens: 1, completion_tokens: 2, cost: null },
  citations: [1],
  uncited: [],
  finish_reason: 'stop'
};
const stored = (role: Message['role'], content: string, status: Message['status'], id = MESSAGE): Message => ({
  id,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  conversation_id: CONVERSATION,
  role,
  content,
  status,
  sources: [],
  citations: [],
  uncited: [],
  usage: null,
  model: null,
  failed_models: [],
  imported_from: null,
  finish_reason: null,
  left_out: [],
  mentions: null,
  problem: null,
  feedback: null,
  parent_id: null,
  attachments: [],
  versions: [id]
});
/** The server lists the newest first where it is asked to. */
const list = (...messages: Message[]) =>
  json({ messages: messages.toReversed(), total: messages.length, next_cursor: null });

const POST = `POST /api/v1/conversations/${CONVERSATION}/messages`;
const LIST = `GET /api/v1/conversations/${CONVERSATION}/messages`;
const STREAM = `GET /api/v1/messages/${MESSAGE}/stream`;
const STOP = `POST /api/v1/messages/${MESSAGE}/stop`;
const problem = {
  type: '/problems/unavailable',
  title: '',
  status: 503,
  detail: 'd',
  error: 'unavailable',
  request_id: 'r'
};

beforeEach(async () => {
  routes = {};
  asked = [];
  server = createServer((request, response) => {
    const route = `${request.method} ${new URL(request.url ?? '', 'http://x').pathname}`;
    asked.push({
      route,
      lastEventId: request.headers['last-event-id'] as string | undefined,
      key: request.headers['idempotency-key'] as string | undefined
    });
    const answers = routes[route] ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer) answer(request, response);
    else response.writeHead(404).end('{}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  vi.stubGlobal('location', { origin: `http://127.0.0.1:${port}` });
  vi.stubGlobal('document', { cookie: 'tessera_csrf=x' });
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('removeEventListener', () => undefined);
  vi.resetModules();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

async function conversation(): Promise<ConversationState> {
  const { ConversationState } = await import('./conversation-state.svelte');
  return new ConversationState(CONVERSATION);
}

describe('an answer', () => {
  it('arrives in one stream', async () => {
    on(POST, stream(1, [start, sources, chunk('To'), chunk('day [1]'), done]));
    const state = await conversation();
    await state.ask('When?');
    expect(state.messages).toMatchObject([
      { role: 'user', content: 'When?' },
      { id: MESSAGE, content: 'Today [1]', status: 'done', citations: [1], sources: [{ n: 1 }] }
    ]);
    expect(asked.find(({ route }) => route === POST)?.key).toMatch(/^[0-9a-f]{32}$/);
  });

  it('goes on after every cut, with nothing lost and nothing twice', async () => {
    on(POST, stream(1, [start, sources, chunk('one ')], true));
    on(STREAM, stream(4, [chunk('two ')], true), stream(5, [chunk('three'), done]));
    on(LIST, list(), list(stored('user', 'q', 'done', 'q'), stored('assistant', '', 'streaming')));
    const state = await conversation();
    await state.ask('q');
    expect(state.messages[1]).toMatchObject({ content: 'one two three', status: 'done' });
    expect(asked.filter(({ route }) => route === STREAM).map(({ lastEventId }) => lastEventId)).toEqual(['3', '4']);
    expect(state.reconnecting).toBe(false);
  });

  it('begins anew where the whole stream is told again', async () => {
    on(POST, stream(1, [start, chunk('one ')], true));
    on(STREAM, stream(1, [start, chunk('one '), chunk('two'), done]));
    const state = await conversation();
    await state.ask('q');
    expect(state.messages[1]?.content).toBe('one two');
  });

  it('that ended while nobody listened is read from the list', async () => {
    on(POST, stream(1, [start, chunk('one ')], true));
    on(STREAM, json(problem, 503));
    on(LIST, list(), list(stored('user', 'q', 'done', 'q'), stored('assistant', 'one two', 'done')));
    const state = await conversation();
    await state.ask('q');
    expect(state.messages[1]).toMatchObject({ content: 'one two', status: 'done' });
  });

  it('whose first bytes were lost is found again', async () => {
    on(POST, (request) => request.socket.destroy());
    on(LIST, list(), list(stored('user', 'q', 'done', 'q'), stored('assistant', '', 'pending')));
    on(STREAM, stream(1, [start, chunk('here'), done]));
    const state = await conversation();
    await state.ask('q');
    expect(state.messages).toMatchObject([{ id: 'q' }, { content: 'here', status: 'done' }]);
  });

  it('that was refused fails with the problem, and gives the question back', async () => {
    on(POST, json(problem, 503));
    on(LIST, list());
    const state = await conversation();
    await state.ask('q');
    expect(state.messages[1]).toMatchObject({ status: 'failed', problem: { error: 'unavailable', request_id: 'r' } });
    expect(state.takeBack(1)[0]).toBe('q');
    expect(state.messages).toEqual([]);
  });

  it('keeps the text before an error of the provider', async () => {
    on(POST, stream(1, [start, chunk('half'), { type: 'error', problem }]));
    const state = await conversation();
    await state.ask('q');
    expect(state.messages[1]).toMatchObject({ content: 'half', status: 'failed', problem: { error: 'unavailable' } });
    expect(state.takeBack(1)[0]).toBe('q');
    expect(state.messages).toHaveLength(2);
  });

  it('that is still written is followed after a reload', async () => {
    on(`GET /api/v1/conversations/${CONVERSATION}`, json({ id: CONVERSATION, title: 'T' }));
    on(LIST, list(stored('user', 'q', 'done', 'q'), stored('assistant', 'one', 'streaming')));
    on(STREAM, stream(1, [start, chunk('one'), chunk(' two'), done]));
    const state = await conversation();
    await state.load();
    await vi.waitFor(() => expect(state.messages[1]).toMatchObject({ content: 'one two', status: 'done' }));
  });

  it('is stopped as soon as it has an id', async () => {
    on(STOP, (_, response) => void response.writeHead(204).end());
    on(POST, (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`id: 1\ndata: ${JSON.stringify(start)}\n\n`);
      on(STOP, (_, stopped) => {
        stopped.writeHead(204).end();
        response.end(`id: 2\ndata: {"type":"stopped"}\n\n`);
      });
    });
    const state = await conversation();
    const asking = state.ask('q');
    await state.stop();
    await asking;
    expect(state.messages[1]).toMatchObject({ status: 'stopped' });
    expect(state.stopping).toBe(false);
  });
});

describe('versions', () => {
  const EDIT = `POST /api/v1/messages/${MESSAGE}/regenerate`;
  const question = stored('user', 'q', 'done', 'q');
  const first = stored('assistant', 'one', 'done');
  const second = { ...stored('assistant', 'two', 'done', 'm2'), versions: [MESSAGE, 'm2'] };
  const later = [stored('user', 'next', 'done', 'q2'), stored('assistant', 'then', 'done', 'm3')];
  const startOf = (id: string): StreamEvent => ({ ...start, message_id: id }) as StreamEvent;

  async function opened(...messages: Message[]): Promise<ConversationState> {
    on(`GET /api/v1/conversations/${CONVERSATION}`, json({ id: CONVERSATION, title: 'T' }));
    on(LIST, list(...messages));
    const state = await conversation();
    await state.load();
    return state;
  }

  it('an answer that is given again takes the place of what followed', async () => {
    const state = await opened(question, first, ...later);
    on(EDIT, stream(1, [startOf('m2'), chunk('two'), done]));
    on(LIST, list(question, second));
    await state.regenerate(state.messages[1] as Message);
    expect(state.messages).toMatchObject([{ id: 'q' }, { id: 'm2', content: 'two', versions: [MESSAGE, 'm2'] }]);
  });

  it('an edited question begins another path', async () => {
    const state = await opened(question, first, ...later);
    on(POST, stream(1, [startOf('m2'), chunk('two'), done]));
    const edited = { ...stored('user', 'other', 'done', 'q3'), versions: ['q', 'q3'] };
    on(LIST, list(edited, second));
    await state.edit(state.messages[0] as Message, 'other');
    expect(state.messages).toMatchObject([{ id: 'q3', content: 'other', versions: ['q', 'q3'] }, { id: 'm2' }]);
  });

  it('an answer that was cut off goes on in its place', async () => {
    const cut: Message = { ...first, finish_reason: 'length' };
    const state = await opened(question, cut);
    const key = state.keyOf(state.messages[1] as Message);
    on(`POST /api/v1/messages/${MESSAGE}/continue`, stream(1, [start, sources, chunk('one'), chunk(' and two'), done]));
    on(LIST, list(question, { ...first, content: 'one and two', finish_reason: 'stop' }));
    await state.continue(state.messages[1] as Message);
    expect(state.messages).toMatchObject([
      { id: 'q' },
      { id: MESSAGE, content: 'one and two', finish_reason: 'stop', status: 'done' }
    ]);
    expect(state.keyOf(state.messages[1] as Message)).toBe(key);
    expect(asked.find(({ route }) => route.endsWith('/continue'))?.key).toBeTruthy();
  });

  it('an answer that may not go on stays as it was', async () => {
    const cut: Message = { ...first, finish_reason: 'length' };
    const state = await opened(question, cut);
    on(`POST /api/v1/messages/${MESSAGE}/continue`, json(problem, 503));
    await expect(state.continue(state.messages[1] as Message)).rejects.toMatchObject({ code: 'unavailable' });
    expect(state.messages[1]).toMatchObject({ content: 'one', status: 'done', finish_reason: 'length' });
  });

  it('keep the thoughts of the model while the page is open', async () => {
    const state = await opened(question, first);
    on(EDIT, stream(1, [startOf('m2'), { type: 'thinking', content: 'Hm' }, chunk('two'), done]));
    on(LIST, list(question, second));
    await state.regenerate(state.messages[1] as Message);
    expect(state.messages[1]).toMatchObject({ id: 'm2', thoughts: { text: 'Hm' } });
  });

  it('that are refused leave what was there', async () => {
    const state = await opened(question, first, ...later);
    on(EDIT, json(problem, 503));
    await expect(state.regenerate(state.messages[1] as Message)).rejects.toMatchObject({ code: 'unavailable' });
    expect(state.messages.map(({ id }) => id)).toEqual(['q', MESSAGE, 'q2', 'm3']);
  });

  it('that are chosen elsewhere replace what is shown from there on', async () => {
    const state = await opened(question, first, ...later);
    on(LIST, list(question, second));
    await state.catchUp();
    expect(state.messages.map(({ id }) => id)).toEqual(['q', 'm2']);
    on(LIST, list(question, first, ...later));
    await state.catchUp();
    expect(state.messages.map(({ id }) => id)).toEqual(['q', MESSAGE, 'q2', 'm3']);
  });

  it('are shown with what followed them', async () => {
    const state = await opened(question, second);
    on(`PUT /api/v1/conversations/${CONVERSATION}/path`, json({ id: CONVERSATION, title: 'T' }));
    on(LIST, list(question, first, ...later));
    await state.show(MESSAGE);
    expect(state.messages.map(({ id }) => id)).toEqual(['q', MESSAGE, 'q2', 'm3']);
  });
});
