import { afterEach, expect, it, vi } from 'vitest';
import { newest } from './switcher-places.svelte';

afterEach(() => vi.unstubAllGlobals());

it('a list without an end is read up to a bound', async () => {
  let pages = 0;
  const endless = async () => ({ items: Array.from({ length: 100 }, (_, at) => at), next: `page-${(pages += 1)}` });
  expect(await newest(endless, 250)).toHaveLength(250);
  expect(pages).toBe(3);
});

it('a short list is read to its end', async () => {
  expect(await newest(async (cursor) => ({ items: [cursor ?? 'first'], next: cursor ? null : 'second' }))).toEqual([
    'first',
    'second'
  ]);
});

it('conversations are found although the search of documents fails', async () => {
  const conversation = { id: 'k', title: null };
  vi.stubGlobal('location', { origin: 'http://tessera.test' });
  vi.stubGlobal('document', { cookie: 'tessera_csrf=x' });
  vi.stubGlobal('fetch', async (request: Request) =>
    new URL(request.url).pathname === '/api/v1/search'
      ? Response.json({ error: 'unavailable', status: 503 }, { status: 503 })
      : Response.json({ results: [{ conversation, message_id: 'm', snippet: 'x' }], meaning_skipped: null })
  );
  vi.resetModules();
  const { switcherPlaces } = await import('./switcher-places.svelte');
  const found = await switcherPlaces.find('laundry');
  expect(found.map(({ kind, id, href }) => [kind, id, href])).toEqual([['conversation', 'k', '/chat/k']]);
});
