import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Document, DocumentStatus, FeedEvent } from '$lib/api/types';
import type { CollectionDocuments } from './collection-documents.svelte';
import type { Upload } from './uploads.svelte';

const PAGE = 100;
/** What the server has, newest first. */
let stored: Document[];
/** Pages of the list wait for these, if there are any. */
let gates: Promise<void>[];

const number = (at: number) => String(at).padStart(6, '0');
const made = (at: number, status: DocumentStatus = 'ready'): Document => ({
  id: `document-${number(at)}`,
  created_at: `2026-01-01T00:00:00.${number(at)}Z`,
  updated_at: '2026-01-01T00:00:00Z',
  collection_id: 'collection',
  space_id: 'space',
  title: `Note ${at}`,
  filename: `note-${at}.txt`,
  media_type: 'text/plain',
  size_bytes: 1,
  sha256: null,
  status,
  progress: 100,
  failure: null,
  warnings: [],
  duplicate_of: null,
  page_count: null,
  chunk_count: 1,
  language: null,
  job_id: null,
  web_source: null,
  permissions: []
});
const several = (count: number) => Array.from({ length: count }, (_, at) => made(count - at));

async function list(request: Request): Promise<Response> {
  const snapshot = stored;
  await gates.shift();
  const from = Number(new URL(request.url).searchParams.get('cursor') ?? 0);
  const next = from + PAGE < snapshot.length ? String(from + PAGE) : null;
  return Response.json({ documents: snapshot.slice(from, from + PAGE), total: snapshot.length, next_cursor: next });
}

/** A page of the list that comes when it is let through. */
function held(): () => void {
  let open = () => {};
  gates.push(new Promise((resolve) => (open = resolve)));
  return open;
}

async function opened(): Promise<CollectionDocuments> {
  const { CollectionDocuments } = await import('./collection-documents.svelte');
  return new CollectionDocuments('collection');
}

const event = (document_id: string, collection_id: string, status: DocumentStatus): FeedEvent => ({
  type: 'document',
  document_id,
  collection_id,
  status,
  progress: 0,
  failure: null,
  warnings: []
});
const ids = (documents: CollectionDocuments) => documents.list.map(({ id }) => id);

beforeEach(() => {
  stored = [];
  gates = [];
  vi.stubGlobal('location', { origin: 'http://server' });
  vi.stubGlobal('fetch', list);
});

afterEach(() => vi.unstubAllGlobals());

it('lists all of 1 200 documents, and the first hundred before the others have come', async () => {
  stored = several(1200);
  const documents = await opened();
  gates.push(Promise.resolve());
  const rest = held();
  await documents.load();
  expect([documents.list.length, documents.total, documents.complete]).toEqual([100, 1200, false]);
  rest();
  await vi.waitFor(() => expect(documents.complete).toBe(true));
  expect(ids(documents)).toEqual(stored.map(({ id }) => id));
});

it('keeps every document that comes while the pages are read', async () => {
  stored = several(750);
  const documents = await opened();
  gates.push(Promise.resolve());
  const rest = held();
  await documents.load();
  for (let at = 751; at <= 780; at += 1) documents.keep(made(at, 'processing'));
  rest();
  await vi.waitFor(() => expect(documents.complete).toBe(true));
  expect([documents.list.length, documents.total]).toEqual([780, 780]);
  expect(new Set(ids(documents)).size).toBe(780);
});

it('keeps the newer state of a document that the pages know from before', async () => {
  stored = [made(2, 'processing'), made(1)];
  const documents = await opened();
  const page = held();
  const loading = documents.load();
  documents.keep(made(2, 'ready'));
  page();
  await loading;
  expect(documents.list.map(({ status }) => status)).toEqual(['ready', 'ready']);
});

it('drops what is on no page any more', async () => {
  stored = several(3);
  const documents = await opened();
  await documents.load();
  stored = stored.slice(1);
  // A reading that is under way is not begun again.
  await vi.waitFor(async () => {
    await documents.load();
    expect(ids(documents)).toEqual(stored.map(({ id }) => id));
  });
});

it('does not show a cancelled upload again while the server still lists it', async () => {
  stored = [made(2, 'uploading'), made(1)];
  const documents = await opened();
  await documents.load();
  const { uploads } = await import('./uploads.svelte');
  // It never ends by itself.
  vi.stubGlobal(
    'XMLHttpRequest',
    class {
      upload = {};
      open() {}
      setRequestHeader() {}
      send() {}
      abort() {}
    }
  );
  vi.stubGlobal('document', { cookie: '' });
  uploads.add('collection', [{ name: 'note-2.txt', size: 4 } as File]);
  const [upload] = uploads.of('collection') as [Upload];
  await vi.waitFor(() => expect(upload.status).toBe('sending'));
  uploads.cancel(upload);
  documents.dropCancelled();
  expect(ids(documents)).toEqual([made(1).id]);
  await documents.load();
  documents.keep(made(2, 'uploading'));
  await vi.waitFor(() => expect([ids(documents), documents.total]).toEqual([[made(1).id], 1]));
});

/** The list while it follows the feed, whose events the test gives to `take`. */
async function followed() {
  const documents = await opened();
  await documents.load();
  const { eventFeed } = await import('./event-feed');
  const listen = vi.spyOn(eventFeed, 'listen').mockReturnValue(() => {});
  const stop = documents.follow();
  return { documents, stop, take: listen.mock.lastCall?.[0].event };
}

it('does not take a document in again that moves while it is asked for', async () => {
  stored = several(2);
  const { documents, stop, take } = await followed();
  vi.stubGlobal('fetch', async ({ url }: Request) =>
    Response.json(url.endsWith(made(2).id) ? { ...made(2), collection_id: 'another' } : made(1))
  );
  take?.(event(made(2).id, 'collection', 'ready'));
  take?.(event(made(2).id, 'another', 'ready'));
  take?.(event(made(1).id, 'collection', 'ready'));
  await vi.waitFor(() => expect(documents.latest?.id).toBe(made(1).id));
  expect([ids(documents), documents.total]).toEqual([[made(1).id], 1]);
  stop();
});

it('drops a document that moves, and one that another user has moved', async () => {
  stored = several(3);
  const { documents, stop, take } = await followed();
  take?.(event(made(3).id, 'another', 'processing'));
  take?.(event(made(9).id, 'another', 'processing'));
  expect([ids(documents), documents.total]).toEqual([[made(2).id, made(1).id], 2]);
  vi.stubGlobal('fetch', async (request: Request) => {
    expect([request.method, await request.json()]).toEqual(['PATCH', { collection_id: 'another' }]);
    return Response.json({ ...made(2), collection_id: 'another' });
  });
  vi.stubGlobal('document', { cookie: '' });
  await documents.move(made(2), 'another');
  expect([ids(documents), documents.total]).toEqual([[made(1).id], 1]);
  stop();
});
