// One's own folders of conversations, and which of them are open in the sidebar.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { answer, api, done, idempotencyKey, listAll } from '$lib/api/client';
import type { Conversation, Folder } from '$lib/api/types';
import { readSetting, writeSetting } from './settings';
import { workspace } from './workspace.svelte';

const PAGE = 100;
const CONVERSATIONS_AT_FIRST = 50;
const OPEN = 'folders';

class Folders {
  list = $state.raw<Folder[]>([]);
  /** Cursors of folders of which there is more; null: all of it is there. */
  readonly #next = new SvelteMap<string, string | null>();
  readonly #open = new SvelteSet<string>(readSetting(OPEN)?.split(' '));

  async load(): Promise<void> {
    const found = await listAll(async (cursor) => {
      const query = { limit: PAGE, cursor };
      const page = await answer(api.GET('/api/v1/conversation-folders', { params: { query } }));
      return { items: page.folders, next: page.next_cursor };
    });
    this.list = sorted(found);
    for (const { id } of found) if (this.#open.has(id)) void this.#read(id).catch(() => undefined);
  }

  name(id: string | null | undefined): string | undefined {
    return this.list.find((folder) => folder.id === id)?.name;
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  hasMore(id: string): boolean {
    return typeof this.#next.get(id) === 'string';
  }

  /** What is in the folder and known, pinned ones first, then as they were used last. */
  conversations(id: string): Conversation[] {
    const inside = workspace.conversations.filter(({ folder_id }) => folder_id === id);
    return inside.sort(
      (one, other) => Number(other.pinned) - Number(one.pinned) || other.updated_at.localeCompare(one.updated_at)
    );
  }

  async toggle(id: string): Promise<void> {
    if (this.#open.has(id)) this.#open.delete(id);
    else this.#open.add(id);
    const known = [...this.#open].filter((open) => this.list.some((folder) => folder.id === open));
    writeSetting(OPEN, known.join(' ') || null);
    if (this.#open.has(id) && !this.#next.has(id)) await this.#read(id);
  }

  more(id: string): Promise<void> {
    return this.#read(id);
  }

  async create(name: string): Promise<Folder> {
    const params = { header: { 'Idempotency-Key': idempotencyKey() } };
    const folder = await answer(api.POST('/api/v1/conversation-folders', { body: { name }, params }));
    this.#next.set(folder.id, null);
    this.list = sorted([...this.list, folder]);
    return folder;
  }

  async rename(folder_id: string, name: string): Promise<void> {
    const params = { path: { folder_id } };
    const renamed = await answer(api.PATCH('/api/v1/conversation-folders/{folder_id}', { params, body: { name } }));
    this.list = sorted(this.list.map((old) => (old.id === folder_id ? renamed : old)));
  }

  /** The conversations in it stay. */
  async remove(folder_id: string): Promise<void> {
    const params = { path: { folder_id } };
    await done(api.DELETE('/api/v1/conversation-folders/{folder_id}', { params }), [404]);
    this.list = this.list.filter(({ id }) => id !== folder_id);
    workspace.emptyFolder(folder_id);
  }

  forget(): void {
    this.list = [];
    this.#next.clear();
  }

  async #read(id: string): Promise<void> {
    const cursor = this.#next.get(id) ?? undefined;
    const query = { folder_id: id, limit: CONVERSATIONS_AT_FIRST, cursor };
    const page = await answer(api.GET('/api/v1/conversations', { params: { query } }));
    workspace.addConversations(page.conversations);
    this.#next.set(id, page.next_cursor);
  }
}

function sorted(list: Folder[]): Folder[] {
  return list.toSorted((one, other) => one.name.localeCompare(other.name));
}

export const folders = new Folders();
