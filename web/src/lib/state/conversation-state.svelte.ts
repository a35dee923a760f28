// One open conversation: its messages, the answer that is streaming, Stop, and taking the stream up again after a cut.
import { answer, api, done, idempotencyKey, openEventStream } from '$lib/api/client';
import { asProblem, type ApiProblem } from '$lib/api/problem';
import type { Conversation, Message, Source } from '$lib/api/types';
import { Follower } from './answer-follower';
import { Attachments, type Attachment } from './attachments.svelte';
import { readDraft, writeDraft } from './drafts';
import { laterTitle } from './later-title';
import { announceChange } from './other-tabs';
import { waitToReconnect } from './reconnect';
import { isBuiltIn } from '$lib/text/answerer';
import { mentionedBy, mentionRequest, mentionsIn, type Mentioned } from '$lib/text/mention';
import { workspace, type ConversationMarks } from './workspace.svelte';

const PAGE = 50;
/** The last question and its answer. */
const LAST = 2;
const TRIES = 12;
const RUNNING: ReadonlySet<Message['status']> = new Set(['pending', 'streaming']);

export class ConversationState {
  conversation = $state<Conversation | null>(null);
  messages = $state<Message[]>([]);
  loaded = $state(false);
  /** Where the messages before the first one shown begin; null if it is the first of all. */
  older = $state<string | null>(null);
  reconnecting = $state(false);
  stopping = $state(false);
  /** The source that is open beside the answer: coming back from its document opens it again. */
  opened = $state.raw<{ messageId: string; source: Source } | null>(null);
  /** What the next question is about. */
  readonly attachments = new Attachments(() => Promise.resolve(this.id));
  readonly running = $derived(this.messages.some(({ status }) => RUNNING.has(status)));
  #draft = $state('');
  #leave = new AbortController();
  #local = 0;
  #catchingUp: Promise<void> | null = null;
  /** The first question has given the title while this page looked on. */
  #titled = false;
  /** Ids on the page of messages that the server named later: what is drawn keeps its identity. */
  readonly #drawnAs = new Map<string, string>();

  constructor(readonly id: string) {
    this.#draft = readDraft(id);
  }

  /** The question that is typed but not sent. */
  get draft(): string {
    return this.#draft;
  }

  set draft(text: string) {
    this.#draft = text;
    writeDraft(this.id, text);
  }

  /** The same for a message from its first appearance to its last. */
  keyOf(message: Message): string {
    return this.#drawnAs.get(message.id) ?? message.id;
  }

  /** Reads the newest messages, and follows an answer that is still being written. */
  async load(): Promise<void> {
    const params = { path: { conversation_id: this.id } };
    const [conversation, page] = await Promise.all([
      answer(api.GET('/api/v1/conversations/{conversation_id}', { params })),
      this.#readPage(PAGE)
    ]);
    this.conversation = conversation;
    this.#take(page);
    this.loaded = true;
    this.#followUnfinished();
  }

  /** Puts the messages before the first one shown in front of it. */
  async loadOlder(): Promise<void> {
    if (this.older === null) return;
    const page = await this.#readPage(PAGE, this.older);
    const known = new Set(this.messages.map(({ id }) => id));
    this.messages = [...page.messages.filter(({ id }) => !known.has(id)), ...this.messages];
    this.older = page.older;
  }

  /** Takes over what was asked in another tab or on another device. */
  catchUp(): Promise<void> {
    if (!this.loaded || this.running) return Promise.resolve();
    this.#catchingUp ??= this.#readMissing([])
      .then(() => this.#followUnfinished())
      .catch(() => undefined)
      .finally(() => (this.#catchingUp = null));
    return this.#catchingUp;
  }

  /** Asks. Problems end up in the answer's message, where they can be seen and tried again. */
  async ask(content: string, mentions: Mentioned[] = [], attachments: Attachment[] = []): Promise<void> {
    const question = { ...this.#message('user', content, 'done'), mentions: mentionsIn(mentions), attachments };
    const pair = [question, this.#message('assistant', '', 'pending')];
    this.messages.push(...pair);
    // Until it has arrived: the session may have ended.
    writeDraft(this.id, content);
    await this.#readMissing(pair.map(({ id }) => id)).catch(() => undefined);
    const at = this.messages.findIndex(({ id }) => id === pair[1]?.id);
    if (at < 0) return;
    const follower = new Follower(this, at);
    try {
      const body = await openEventStream(`/api/v1/conversations/${this.id}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey() },
        body: JSON.stringify({ content, ...mentionRequest(mentions), attachment_ids: idsOf(attachments) }),
        signal: this.#leave.signal
      });
      writeDraft(this.id, this.#draft);
      announceChange(this.id);
      await follower.read(body);
    } catch (thrown) {
      if (this.#leave.signal.aborted) return;
      writeDraft(this.id, this.#draft);
      if (!follower.started && !(await this.#adopt(at, content))) return this.#fail(at, asProblem(thrown));
    }
    const message = this.messages[at];
    if (message && RUNNING.has(message.status)) await this.#resume(message.id, follower.lastEventId);
    await this.#readStored(at);
    announceChange(this.id);
    void this.#awaitTitle(this.messages[at]);
  }

  /** Asks another version of a question; what followed the old one stays with that. */
  async edit(question: Message, content: string): Promise<void> {
    const at = this.messages.indexOf(question);
    const attachments = question.attachments.filter(({ available }) => available);
    const fresh = [
      { ...this.#message('user', content, 'done', question.versions), mentions: question.mentions, attachments },
      this.#message('assistant', '', 'pending')
    ];
    const body = { content, question_id: question.id, ...question.mentions, attachment_ids: idsOf(attachments) };
    await this.#branch(at, fresh, `/api/v1/conversations/${this.id}/messages`, body);
  }

  /** Answers a question again: another version of an answer. */
  async regenerate(reply: Message, model?: string): Promise<void> {
    const at = this.messages.indexOf(reply);
    const fresh = [this.#message('assistant', '', 'pending', reply.versions)];
    await this.#branch(at, fresh, `/api/v1/messages/${reply.id}/regenerate`, model ? { model } : {});
  }

  /** Goes on with the last answer, where its end is missing. */
  async continue(reply: Message): Promise<void> {
    const begun: Message = { ...reply, status: 'pending', problem: null, finish_reason: null };
    await this.#branch(this.messages.indexOf(reply), [begun], `/api/v1/messages/${reply.id}/continue`, null);
  }

  /** Shows another version of a question or an answer, with what followed it. */
  async show(version: string): Promise<void> {
    const params = { path: { conversation_id: this.id } };
    const body = { message_id: version };
    this.conversation = await answer(api.PUT('/api/v1/conversations/{conversation_id}/path', { params, body }));
    await this.#readPath();
    announceChange(this.id);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const id = this.messages.find(({ status }) => RUNNING.has(status))?.id;
    // Before the first event the answer has no id; the follower stops it as soon as it has.
    if (id && !isLocal(id)) await this.sendStop(id);
  }

  async sendStop(id: string): Promise<void> {
    try {
      await done(api.POST('/api/v1/messages/{message_id}/stop', { params: { path: { message_id: id } } }));
    } catch (thrown) {
      this.stopping = false;
      throw thrown;
    }
  }

  /** Rates an answer; null takes the rating back. */
  async rate(message: Message, rating: 1 | -1 | null, comment: string | null): Promise<void> {
    const params = { path: { message_id: message.id } };
    if (rating === null) {
      await done(api.DELETE('/api/v1/messages/{message_id}/feedback', { params }));
      message.feedback = null;
    } else {
      const body = { rating, comment };
      message.feedback = await answer(api.PUT('/api/v1/messages/{message_id}/feedback', { params, body }));
    }
  }

  async rename(title: string): Promise<void> {
    const params = { path: { conversation_id: this.id } };
    this.conversation = await answer(api.PATCH('/api/v1/conversations/{conversation_id}', { params, body: { title } }));
    workspace.rename(this.id, title);
  }

  /** The model that answers from now on; null: the assistant's own. */
  async chooseModel(model: string | null): Promise<void> {
    const params = { path: { conversation_id: this.id } };
    this.conversation = await answer(api.PATCH('/api/v1/conversations/{conversation_id}', { params, body: { model } }));
  }

  /** Pins or archives. */
  async mark(change: ConversationMarks): Promise<void> {
    this.conversation = await workspace.markConversation(this.id, change);
  }

  async remove(): Promise<void> {
    await workspace.deleteConversation(this.id);
    this.close();
  }

  close(): void {
    this.attachments.close();
    this.#leave.abort();
  }

  setTitle(title: string): void {
    this.#titled = true;
    if (this.conversation) this.conversation.title = title;
    workspace.rename(this.id, title);
  }

  /** Drops a question that never reached the server, with its failed answer, and gives it back. */
  takeBack(answerIndex: number): [string, Mentioned[], Attachment[]] {
    const question = this.messages[answerIndex - 1];
    if (isLocal(this.messages[answerIndex]?.id ?? '')) this.messages.splice(answerIndex - 1, 2);
    return question ? [question.content, mentionedBy(question), question.attachments] : ['', [], []];
  }

  /** Gives a message of this page the id that the server has for it. */
  named(message: Message, id: string): void {
    if (message.id === id) return;
    this.#drawnAs.set(id, this.keyOf(message));
    message.id = id;
  }

  /** Puts messages in the place of those from an index on, and follows the answer that is the last of them. */
  async #branch(at: number, fresh: Message[], path: string, body: object | null): Promise<void> {
    if (at < 0 || this.running) return;
    this.messages = [...this.messages.slice(0, at), ...fresh];
    const place = this.messages.length - 1;
    const follower = new Follower(this, place);
    try {
      const stream = await openEventStream(path, {
        method: 'POST',
        headers: {
          ...(body === null ? {} : { 'content-type': 'application/json' }),
          'idempotency-key': idempotencyKey()
        },
        body: body === null ? null : JSON.stringify(body),
        signal: this.#leave.signal
      });
      announceChange(this.id);
      await follower.read(stream);
    } catch (thrown) {
      if (this.#leave.signal.aborted) return;
      if (!follower.started) {
        // It may have arrived although the beginning of the answer was lost.
        await this.#readPath().catch(() => this.#fail(place, asProblem(thrown)));
        this.stopping = false;
        if (!this.running) throw thrown;
        return this.#followUnfinished();
      }
    }
    const message = this.messages[place];
    if (message && RUNNING.has(message.status)) await this.#resume(message.id, follower.lastEventId);
    await this.#readStored(place);
    announceChange(this.id);
  }

  async #readPath(): Promise<void> {
    this.#take(await this.#readPage(PAGE));
  }

  #take(page: { messages: Message[]; older: string | null }): void {
    this.messages = page.messages;
    this.older = page.older;
  }

  #followUnfinished(): void {
    const unfinished = this.messages.find(({ role, status }) => role === 'assistant' && RUNNING.has(status));
    if (unfinished) void this.#resume(unfinished.id, '').then(() => this.#learnTitle());
  }

  async #resume(messageId: string, lastEventId: string): Promise<void> {
    const at = this.messages.findIndex(({ id }) => id === messageId);
    const follower = new Follower(this, at, lastEventId);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      try {
        const headers: Record<string, string> = follower.lastEventId ? { 'last-event-id': follower.lastEventId } : {};
        const body = await openEventStream(`/api/v1/messages/${messageId}/stream`, {
          headers,
          signal: this.#leave.signal
        });
        this.reconnecting = false;
        if (await follower.read(body)) attempt = 0;
      } catch (thrown) {
        if (this.#leave.signal.aborted) return;
        console.info('answer stream interrupted', asProblem(thrown).code);
      }
      if (!RUNNING.has(this.messages[at]?.status ?? 'done')) break;
      // The stream may be over although its end was missed; the stored message knows.
      if (await this.#settle(at, messageId)) break;
      this.reconnecting = true;
      await waitToReconnect(attempt, this.#leave.signal);
    }
    this.reconnecting = false;
    this.stopping = false;
    const message = this.messages[at];
    if (message && RUNNING.has(message.status)) this.#fail(at, asProblem(new TypeError('no stream')));
  }

  /** A stream that was taken up again may have told the title while nobody listened. */
  async #learnTitle(): Promise<void> {
    if (this.conversation?.title) return;
    const params = { path: { conversation_id: this.id } };
    const stored = await answer(api.GET('/api/v1/conversations/{conversation_id}', { params })).catch(() => null);
    if (stored?.title) this.setTitle(stored.title);
  }

  /** A language model that has answered gives a better title; one that a person gives meanwhile stays. */
  async #awaitTitle(reply: Message | undefined): Promise<void> {
    if (!this.#titled || reply?.status !== 'done' || !reply.model || isBuiltIn(reply.model)) return;
    this.#titled = false;
    const params = { path: { conversation_id: this.id } };
    const read = async () => (await answer(api.GET('/api/v1/conversations/{conversation_id}', { params }))).title;
    const shown = this.conversation?.title ?? null;
    const title = await laterTitle(read, shown, this.#leave.signal);
    if (title === null || this.conversation?.title !== shown) return;
    this.conversation.title = title;
    workspace.rename(this.id, title);
  }

  /** Takes the stored message if it is finished. */
  async #settle(at: number, messageId: string): Promise<boolean> {
    const page = await this.#readPage(LAST).catch(() => null);
    const stored = page?.messages.find(({ id }) => id === messageId);
    if (!stored || RUNNING.has(stored.status)) return false;
    this.messages[at] = withThoughts(stored, this.messages[at]);
    return true;
  }

  /** The question may have arrived although its answer's beginning was lost: then it is the last one stored. */
  async #adopt(at: number, content: string): Promise<boolean> {
    const known = new Set(this.messages.map(({ id }) => id));
    const page = await this.#readPage(LAST).catch(() => null);
    const [question, reply] = page?.messages ?? [];
    if (!question || !reply || known.has(reply.id)) return false;
    if (question.role !== 'user' || question.content !== content) return false;
    this.#store(at, question, reply);
    return true;
  }

  /** The stored question and answer tell more than the stream did: their ids, the model. */
  async #readStored(at: number): Promise<void> {
    const page = await this.#readPage(LAST).catch(() => null);
    const [question, reply] = page?.messages ?? [];
    const shown = this.messages[at];
    if (question && reply && shown?.id === reply.id && !RUNNING.has(reply.status)) this.#store(at, question, reply);
    await this.#learnTitle();
  }

  #store(at: number, question: Message, reply: Message): void {
    for (const [place, stored] of [
      [at - 1, question],
      [at, reply]
    ] as const) {
      const shown = this.messages[place];
      if (shown) this.named(shown, stored.id);
      this.messages[place] = withThoughts(stored, shown);
    }
  }

  /** Takes over the path that the server shows, before the messages named `last`; what never reached the server stays. */
  async #readMissing(last: string[]): Promise<void> {
    const known = new Set(this.messages.map(({ id }) => id));
    const missing: Message[] = [];
    let cursor: string | null | undefined;
    let met: string | undefined;
    while (met === undefined && cursor !== null) {
      const page = await this.#readPage(cursor === undefined ? LAST : PAGE, cursor);
      if (page.messages.length === 0) return;
      met = page.messages.findLast(({ id }) => known.has(id))?.id;
      const from = page.messages.findIndex(({ id }) => id === met) + 1;
      missing.unshift(...page.messages.slice(from));
      cursor = page.older;
    }
    const end = this.messages.findIndex(({ id }) => id === met);
    // Another version is shown elsewhere: what followed the last common message is not on its path.
    const kept = this.messages.filter(({ id }, at) => !last.includes(id) && (at <= end || isLocal(id)));
    const rest = this.messages.filter(({ id }) => last.includes(id));
    if (end < 0) this.older = null;
    if (missing.length === 0 && kept.length + rest.length === this.messages.length) return;
    this.messages = [...kept, ...missing, ...rest];
  }

  /** The newest messages, or those before a cursor; the oldest of them first. */
  async #readPage(limit: number, cursor?: string): Promise<{ messages: Message[]; older: string | null }> {
    const params = { path: { conversation_id: this.id }, query: { limit, cursor, order: 'newest' as const } };
    const page = await answer(api.GET('/api/v1/conversations/{conversation_id}/messages', { params }));
    return { messages: page.messages.toReversed(), older: page.next_cursor ?? null };
  }

  #fail(at: number, problem: ApiProblem): void {
    const message = this.messages[at];
    if (message) Object.assign(message, { status: 'failed', problem: problem.problem });
    this.stopping = false;
  }

  #message(role: Message['role'], content: string, status: Message['status'], versions: string[] = []): Message {
    const at = new Date().toISOString();
    const id = `local-${++this.#local}`;
    const empty = {
      parent_id: null,
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
      mentions: null,
      problem: null,
      feedback: null
    };
    const place = { conversation_id: this.id, versions: [...versions, id] };
    return { id, created_at: at, updated_at: at, ...place, role, content, status, ...empty };
  }
}

/** The stored message, with what only this page knows of it. */
const withThoughts = (stored: Message, shown: Message | undefined): Message =>
  shown?.thoughts ? { ...stored, thoughts: { ...shown.thoughts, ended: shown.thoughts.ended ?? Date.now() } } : stored;

const idsOf = (attachments: Attachment[]): string[] => attachments.map(({ document_id }) => document_id);

/** True for a message that only this page knows of. */
export function isLocal(messageId: string): boolean {
  return messageId.startsWith('local-');
}
