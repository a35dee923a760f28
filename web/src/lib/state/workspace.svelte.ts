// The lists that the whole application shows: spaces, assistants, own conversations.
import { answer, api, done, idempotencyKey, listAll } from '$lib/api/client';
import type { Assistant, Collection, Conversation, Space } from '$lib/api/types';

const PAGE = 100;
const CONVERSATIONS_AT_FIRST = 50;
const STALE_MS = 10_000;

/** What a person sets on a conversation of theirs. */
export type ConversationMarks = { pinned?: boolean; archived?: boolean; folder_id?: string | null; tags?: string[] };

class Workspace {
  spaces = $state<Space[]>([]);
  assistants = $state<Assistant[]>([]);
  conversations = $state<Conversation[]>([]);
  moreConversations = $state<string | null>(null);
  loaded = $state(false);
  #readAt = 0;
  /** Other after signing out: what was asked for somebody is not shown to the next. */
  #person = 0;

  async load(): Promise<void> {
    await Promise.all([this.loadSpaces(), this.loadAssistants(), this.loadConversations()]);
    this.loaded = true;
    this.#readAt = Date.now();
  }

  /** Reads spaces and assistants anew where that was a while ago: others give and take access meanwhile. */
  async refresh(now = Date.now()): Promise<void> {
    if (!this.loaded || now - this.#readAt < STALE_MS) return;
    this.#readAt = now;
    const person = this.#person;
    // What is shown stays where nothing answers.
    const found = await Promise.all([allSpaces(), allAssistants()]).catch(() => null);
    if (found && person === this.#person) [this.spaces, this.assistants] = found;
  }

  async loadSpaces(): Promise<void> {
    this.spaces = await allSpaces();
  }

  async loadAssistants(): Promise<void> {
    this.assistants = await allAssistants();
  }

  /** The newest conversations, or with `more` the next older ones too. */
  async loadConversations(more = false): Promise<void> {
    const cursor = more ? (this.moreConversations ?? undefined) : undefined;
    const query = { limit: CONVERSATIONS_AT_FIRST, cursor };
    const page = await answer(api.GET('/api/v1/conversations', { params: { query } }));
    // What folders have shown of older ones stays.
    const shown = more ? this.conversations : this.conversations.filter(({ folder_id }) => folder_id !== null);
    this.conversations = more ? shown : page.conversations;
    this.addConversations(more ? page.conversations : shown);
    this.moreConversations = page.next_cursor;
  }

  /** Adds those that are not in the list; a folder may have shown them before. */
  addConversations(found: Conversation[]): void {
    const known = new Set(this.conversations.map(({ id }) => id));
    this.conversations = [...this.conversations, ...found.filter(({ id }) => !known.has(id))];
  }

  /** Its conversations are in no folder any more. */
  emptyFolder(folderId: string): void {
    for (const conversation of this.conversations) {
      if (conversation.folder_id === folderId) conversation.folder_id = null;
    }
  }

  /** The organisation's hub, where it has one. */
  get hub(): Space | undefined {
    return this.spaces.find(({ kind }) => kind === 'organisation');
  }

  /** The spaces as they are shown: the hub is everybody's and comes first. */
  get listed(): Space[] {
    const { hub } = this;
    return hub ? [hub, ...without(this.spaces, hub.id)] : this.spaces;
  }

  space(id: string | undefined): Space | undefined {
    return this.spaces.find((space) => space.id === id);
  }

  assistant(id: string | undefined): Assistant | undefined {
    return this.assistants.find((assistant) => assistant.id === id);
  }

  assistantsOf(spaceId: string): Assistant[] {
    return this.assistants.filter((assistant) => assistant.space_id === spaceId);
  }

  keepSpace(space: Space): void {
    this.spaces = replaced(this.spaces, space);
  }

  keepAssistant(assistant: Assistant): void {
    this.assistants = replaced(this.assistants, assistant);
  }

  /** The conversation, first in the list: it was used just now. */
  keepConversation(conversation: Conversation): void {
    this.conversations = [conversation, ...without(this.conversations, conversation.id)];
  }

  async renameConversation(conversation_id: string, title: string): Promise<void> {
    const params = { path: { conversation_id } };
    await answer(api.PATCH('/api/v1/conversations/{conversation_id}', { params, body: { title } }));
    this.rename(conversation_id, title);
  }

  /** Pins, archives, puts into a folder, tags, or takes that back. */
  async markConversation(conversation_id: string, body: ConversationMarks): Promise<Conversation> {
    const params = { path: { conversation_id } };
    const marked = await answer(api.PATCH('/api/v1/conversations/{conversation_id}', { params, body }));
    if (marked.archived) this.dropConversation(conversation_id);
    else this.conversations = this.conversations.map((old) => (old.id === conversation_id ? marked : old));
    // An older one that is opened from elsewhere appears in its folder.
    if (marked.folder_id !== null && !marked.archived) this.addConversations([marked]);
    return marked;
  }

  /** Takes an archived or a deleted conversation back into the list. */
  async reviveConversation({ id, archived, deleted_at }: Conversation): Promise<void> {
    const params = { path: { conversation_id: id } };
    if (deleted_at) await answer(api.POST('/api/v1/conversations/{conversation_id}/restore', { params }));
    else if (archived)
      await answer(api.PATCH('/api/v1/conversations/{conversation_id}', { params, body: { archived: false } }));
    await this.loadConversations();
  }

  async deleteConversation(conversation_id: string): Promise<void> {
    const params = { path: { conversation_id } };
    await done(api.DELETE('/api/v1/conversations/{conversation_id}', { params }), [404]);
    this.dropConversation(conversation_id);
  }

  rename(conversationId: string, title: string): void {
    const conversation = this.conversations.find(({ id }) => id === conversationId);
    if (conversation) conversation.title = title;
  }

  dropSpace(id: string): void {
    this.spaces = without(this.spaces, id);
    this.assistants = this.assistants.filter((assistant) => assistant.space_id !== id);
    this.conversations = this.conversations.filter((conversation) => conversation.space_id !== id);
  }

  dropAssistant(id: string): void {
    this.assistants = without(this.assistants, id);
  }

  dropConversation(id: string): void {
    this.conversations = without(this.conversations, id);
  }

  forget(): void {
    this.spaces = [];
    this.assistants = [];
    this.conversations = [];
    this.loaded = false;
    this.#person += 1;
  }
}

function allSpaces(): Promise<Space[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/spaces', { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.spaces, next: page.next_cursor };
  });
}

function allAssistants(): Promise<Assistant[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/assistants', { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.assistants, next: page.next_cursor };
  });
}

// The server lists the newest first.
function replaced<T extends { id: string }>(items: T[], item: T): T[] {
  return items.some(({ id }) => id === item.id)
    ? items.map((old) => (old.id === item.id ? item : old))
    : [item, ...items];
}

function without<T extends { id: string }>(items: T[], id: string): T[] {
  return items.filter((item) => item.id !== id);
}

export const workspace = new Workspace();

/** Makes a space that the caller owns; `organisation` is the hub, of which there is one. */
export async function createSpace(kind: 'shared' | 'organisation', name: string, description: string): Promise<Space> {
  const params = { header: { 'Idempotency-Key': idempotencyKey() } };
  const space = await answer(api.POST('/api/v1/spaces', { body: { name, description, kind }, params }));
  workspace.keepSpace(space);
  return space;
}

/** What an assistant of a space can answer from: the collections there, and those of the hub. */
export async function knowledgeFor(spaceId: string): Promise<{ collections: Collection[]; common: Collection[] }> {
  const { hub } = workspace;
  const [collections, common] = await Promise.all([
    collectionsOf(spaceId),
    hub && hub.id !== spaceId ? collectionsOf(hub.id) : []
  ]);
  return { collections, common };
}

/** All collections of a space. */
export function collectionsOf(spaceId: string): Promise<Collection[]> {
  return listAll(async (cursor) => {
    const query = { space_id: spaceId, limit: PAGE, cursor };
    const page = await answer(api.GET('/api/v1/collections', { params: { query } }));
    return { items: page.collections, next: page.next_cursor };
  });
}

export type Permission =
  'space.update' | 'space.delete' | 'members.manage' | 'knowledge.edit' | 'assistants.edit' | 'prompts.edit' | 'ask';

/** True where the server said that the caller may. It checks again; this only spares people dead ends. */
export function may(thing: { permissions: string[] } | undefined, permission: Permission): boolean {
  return thing?.permissions.includes(permission) ?? false;
}
