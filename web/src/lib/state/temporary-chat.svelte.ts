// A chat that nothing stores: what was said is in this tab alone, and is gone with it.
import { openEventStream } from '$lib/api/client';
import { asProblem } from '$lib/api/problem';
import type { Message, Source } from '$lib/api/types';
import { readEvents } from '$lib/sse/parser';
import { mentionedBy, mentionRequest, mentionsIn, type Mentioned } from '$lib/text/mention';
import { applyEvent, parseStreamEvent } from './answer-events';

/** What the server takes of what was said before. */
const TURNS = 40;
const ANSWER_CHARS = 100_000;
const BYTES = 600_000;

interface Turn {
  question: string;
  answer: string;
}

export class TemporaryChat {
  messages = $state<Message[]>([]);
  /** The source that is open beside the answer. */
  opened = $state.raw<{ messageId: string; source: Source } | null>(null);
  readonly running = $derived(
    this.messages.at(-1)?.status === 'pending' || this.messages.at(-1)?.status === 'streaming'
  );
  #request: AbortController | null = null;
  #next = 0;

  constructor(readonly assistantId: string) {}

  async ask(content: string, mentions: Mentioned[] = []): Promise<void> {
    if (this.running) return;
    const turns = this.#turns();
    const question = { ...this.#message('user', content, 'done'), mentions: mentionsIn(mentions) };
    this.messages.push(question, { ...this.#message('assistant', '', 'pending'), parent_id: question.id });
    const at = this.messages.length - 1;
    const request = new AbortController();
    this.#request = request;
    try {
      const body = await openEventStream('/api/v1/completions/temporary', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ assistant_id: this.assistantId, content, turns, ...mentionRequest(mentions) }),
        signal: request.signal
      });
      for await (const { data } of readEvents(body)) {
        const event = parseStreamEvent(data);
        const message = this.messages[at];
        if (event && message) applyEvent(message, event);
      }
      if (this.running) throw new TypeError('the stream has no end');
    } catch (thrown) {
      const message = this.messages[at];
      if (!message) return;
      if (request.signal.aborted) message.status = 'stopped';
      else Object.assign(message, { status: 'failed', problem: asProblem(thrown).problem });
    }
  }

  /** Ends the answer; the text so far stays. */
  stop(): void {
    this.#request?.abort();
  }

  /** Drops a question whose answer failed, and gives it back. */
  takeBack(reply: Message): [string, Mentioned[]] {
    const at = this.messages.indexOf(reply);
    const question = this.messages[at - 1];
    this.messages.splice(at - 1, 2);
    return question ? [question.content, mentionedBy(question)] : ['', []];
  }

  close(): void {
    this.stop();
    this.messages = [];
  }

  /** The newest complete turns that one request may carry, oldest first. */
  #turns(): Turn[] {
    const turns: Turn[] = [];
    let left = BYTES;
    for (let at = this.messages.length - 1; at > 0 && turns.length < TURNS; at -= 2) {
      const [question, reply] = [this.messages[at - 1], this.messages[at]];
      if (!question || !reply?.content || (reply.status !== 'done' && reply.status !== 'stopped')) continue;
      const turn = { question: question.content, answer: Array.from(reply.content).slice(0, ANSWER_CHARS).join('') };
      left -= new TextEncoder().encode(JSON.stringify(turn)).length;
      if (left < 0) break;
      turns.unshift(turn);
    }
    return turns;
  }

  #message(role: Message['role'], content: string, status: Message['status']): Message {
    const at = new Date().toISOString();
    const id = `temporary-${++this.#next}`;
    const empty = {
      parent_id: null,
      mentions: null,
      attachments: [],
      sources: [],
      citations: [],
      uncited: [],
      usage: null,
      model: null,
      failed_models: [],
      imported_from: null,
      finish_reason: null,
      left_out: [],
      problem: null,
      feedback: null
    };
    return {
      id,
      conversation_id: '',
      versions: [id],
      created_at: at,
      updated_at: at,
      role,
      content,
      status,
      ...empty
    };
  }
}

let current: TemporaryChat | null = null;

/** The one temporary chat of this tab; it lasts until the page is loaded again or another one begins. */
export const temporaryChat = {
  get current(): TemporaryChat | null {
    return current;
  },
  begin(assistantId: string, question: string, mentions: Mentioned[] = []): void {
    current?.close();
    current = new TemporaryChat(assistantId);
    void current.ask(question, mentions);
  },
  forget(): void {
    current?.close();
    current = null;
  }
};
