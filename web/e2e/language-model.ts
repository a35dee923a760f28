// A language model on loopback that writes what a test says, in the wire format of OpenAI's chat completions. A stack reaches it
// if its `model_hosts` lists http://127.0.0.1 with the port that TESSERA_MODEL_PORT names here.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserContext } from '@playwright/test';
import { change, get, needs, post } from './stack';

/** Where the model is served; 0: the stack that is tried reaches none. */
const port = Number(process.env.TESSERA_MODEL_PORT ?? 0);

/** Between two pieces of an answer, as a hosted model takes. */
const PACE_MS = 20;

/** Here the model waits until the test lets it go on. */
export const WAIT = Symbol('wait');
/** Here the connection breaks. */
export const CUT = Symbol('cut');

/** What the model does: texts, thoughts, waits, or a status with which it refuses. */
export type Step = string | { thought: string } | { refuses: number } | typeof WAIT | typeof CUT;

/** A model's answer to one question. */
export class Reply {
  /** How often it was asked for. */
  requests = 0;
  /** The reader has closed the connection before the end. */
  left = false;
  #allowed = 0;
  #wake = (): void => undefined;

  constructor(
    readonly question: string,
    readonly steps: Step[]
  ) {}

  /** Lets the model go on from where it waits, or will wait. */
  goOn(): void {
    this.#allowed += 1;
    this.#wake();
  }

  async allowed(): Promise<void> {
    while (this.#allowed === 0 && !this.left) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#allowed -= 1;
  }

  /** What the reader closes ends here too. */
  leave(): void {
    this.left = true;
    this.#wake();
  }
}

interface ChatRequest {
  model: string;
  messages: { role: string; content: string }[];
}

export class LanguageModel {
  #replies: Reply[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#respond(request, response).catch(() => response.destroy());
    });
  }

  /** From now on it answers whatever holds this question so. */
  answers(question: string, ...steps: Step[]): Reply {
    const reply = new Reply(question, steps);
    this.#replies.unshift(reply);
    return reply;
  }

  /** Serves it, and enters it as a provider with models of these names; the ids of the models in their order. */
  async serve(context: BrowserContext, ...names: string[]): Promise<{ provider: string; models: string[] }> {
    needs(port, 'the stack reaches no language model on loopback (TESSERA_MODEL_PORT)');
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const made = { name: names.join(' '), dialect: 'compatible', base_url: `http://127.0.0.1:${port}/v1` };
    const { id: provider } = await post<{ id: string }>(context, '/api/v1/admin/providers', made);
    const models: string[] = [];
    for (const name of names) {
      const model = { provider_id: provider, name, kind: 'chat', context_tokens: 32_000 };
      models.push((await post<{ id: string }>(context, '/api/v1/admin/models', model)).id);
    }
    return { provider, models };
  }

  /** Takes it out of the stack again, and stops serving. */
  async end(context: BrowserContext | undefined, provider: string | undefined): Promise<void> {
    if (context && provider) await change(context, 'DELETE', `/api/v1/admin/providers/${provider}`);
    for (const reply of this.#replies) reply.leave();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = JSON.parse(await text(request)) as ChatRequest;
    const said = asked.messages.map(({ content }) => content).join('\n');
    // After the first answer the conversation gets its title.
    if (said.startsWith('You name conversations.'))
      return this.#write(response, asked.model, new Reply('', ['A talk']));
    // A question that follows another is rewritten for the search; here it stays as it is.
    const [last = ''] = asked.messages.at(-1)?.content.split('\n\n').slice(-1) ?? [];
    if (said.startsWith('You rewrite the last question'))
      return this.#write(response, asked.model, new Reply('', [last]));
    const reply = this.#replies.find(({ question }) => said.includes(question));
    if (!reply) throw new Error(`no answer is known to ${said}`);
    reply.requests += 1;
    await this.#write(response, asked.model, reply);
  }

  async #write(response: ServerResponse, model: string, reply: Reply): Promise<void> {
    const [first] = reply.steps;
    if (typeof first === 'object' && 'refuses' in first) {
      const error = { message: 'the server had an error', type: 'server_error', param: null, code: null };
      response.writeHead(first.refuses, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
      return;
    }
    response.on('close', () => response.writableFinished || reply.leave());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const send = (delta: object, finish_reason: string | null = null) =>
      response.write(`data: ${chunk(model, { choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    send({ role: 'assistant', content: '' });
    for (const step of reply.steps) {
      if (reply.left) return;
      if (step === WAIT) await reply.allowed();
      else if (step === CUT) return void response.destroy();
      else if (typeof step === 'string') send({ content: step });
      else if ('thought' in step) send({ reasoning_content: step.thought });
      await pause(PACE_MS);
    }
    send({}, 'stop');
    const usage = { prompt_tokens: 40, completion_tokens: reply.steps.length, total_tokens: 40 + reply.steps.length };
    response.end(`data: ${chunk(model, { choices: [], usage })}\n\ndata: [DONE]\n\n`);
  }
}

const chunk = (model: string, body: object): string =>
  JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_764_500_000, model, ...body });

/** A space with an assistant that answers with this model, and whether it has documents. */
export async function assistantWith(
  context: BrowserContext,
  shelf: { space: string; collection: string },
  model: string,
  reads = true
): Promise<string> {
  const body = { space_id: shelf.space, name: `Writer ${Date.now().toString(36)}`, model };
  const collection_ids = reads ? [shelf.collection] : [];
  return (await post<{ id: string }>(context, '/api/v1/assistants', { ...body, collection_ids })).id;
}

/** The stored texts of a conversation's answers, in their order. */
export async function storedAnswers(
  context: BrowserContext,
  conversation: string
): Promise<{ status: string; content: string }[]> {
  const { messages } = await get<{ messages: { role: string; status: string; content: string }[] }>(
    context.request,
    `/api/v1/conversations/${conversation}/messages?limit=100`
  );
  return messages.filter(({ role }) => role === 'assistant');
}
