import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { problemOf } from '$lib/api/problem';
import type { Collection, Document } from '$lib/api/types';
import type { DocumentMoves } from './document-moves.svelte';

const documents = ['a', 'b', 'c'].map((id) => ({ id, title: id }) as Document);
const refusal = (error: string, status: number) =>
  problemOf({ type: 'about:blank', title: '', detail: '', error, status, request_id: '' }, status);

let moves: DocumentMoves;

beforeEach(async () => {
  vi.stubGlobal('location', { origin: 'http://server' });
  moves = new (await import('./document-moves.svelte')).DocumentMoves();
});

afterEach(() => vi.unstubAllGlobals());

it('counts what is moved', async () => {
  const seen: string[] = [];
  const moved = await moves.run(documents, async ({ id }) => {
    seen.push(`${id} after ${moves.done} of ${moves.total}`);
  });
  expect(moved).toBe(true);
  expect(seen).toEqual(['a after 0 of 3', 'b after 1 of 3', 'c after 2 of 3']);
  expect([moves.done, moves.busy, moves.failures]).toEqual([3, false, []]);
});

it('keeps the reason of each document that stays, and moves the others', async () => {
  const moved = await moves.run(documents, async ({ id }) => {
    if (id === 'b') throw refusal('conflict', 409);
  });
  expect(moved).toBe(false);
  expect(moves.done).toBe(3);
  expect(moves.failures.map(({ document, problem }) => [document.id, problem.code])).toEqual([['b', 'conflict']]);
});

it('asks no more when the server refuses everything', async () => {
  const move = vi.fn(async ({ id }: Document) => {
    if (id === 'b') throw refusal('unavailable', 503);
  });
  expect(await moves.run(documents, move)).toBe(false);
  expect(move).toHaveBeenCalledTimes(2);
  expect(moves.failures.map(({ document }) => document.id)).toEqual(['b', 'c']);
});

it('offers collections that one may add to, those of the same space first', async () => {
  const edits = ['knowledge.read', 'knowledge.edit'];
  const one = (id: string, space_id: string, rest: Partial<Collection> = {}) =>
    ({ id, name: id, space_id, website_id: null, permissions: edits, ...rest }) as Collection;
  const collections = [
    one('from', 'here'),
    one('archive', 'there'),
    one('read', 'there', { permissions: ['knowledge.read'] }),
    one('website', 'here', { website_id: 'w' }),
    one('rules', 'here'),
    one('minutes', 'here')
  ];
  vi.stubGlobal('fetch', async () => Response.json({ collections, total: collections.length, next_cursor: null }));
  const { moveTargets } = await import('./document-moves.svelte');
  const targets = await moveTargets({ collection_id: 'from', space_id: 'here' });
  expect(targets.map(({ id }) => id)).toEqual(['minutes', 'rules', 'archive']);
});
