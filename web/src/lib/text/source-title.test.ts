import { expect, it } from 'vitest';
import type { Source } from '$lib/api/types';
import { sourceOrigin } from './source-title';

const source = (document_id: string, filename: string | null, collection: string | null, title = 'Minutes') =>
  ({ document_id, title, filename, collection, available: true }) as Source;

it('sources with the same title are told apart by file, and by collection where the files are alike', () => {
  const may = source('1', 'may.pdf', 'Board');
  const june = source('2', 'june.pdf', 'Board');
  expect(sourceOrigin(may, [may, june])).toBe('may.pdf');
  const copy = source('3', 'may.pdf', 'Archive');
  expect(sourceOrigin(copy, [may, copy])).toBe('may.pdf · Archive');
});

it('a title of its own needs no more, and neither do two passages of one document', () => {
  const may = source('1', 'may.pdf', 'Board');
  expect(sourceOrigin(may, [may, source('2', 'rules.pdf', 'Board', 'Rules')])).toBe('');
  expect(sourceOrigin(may, [may, { ...may, chunk_id: 'other' }])).toBe('');
});

it('a source of an older server, or one that may not be read, has none', () => {
  const old = source('1', null, null);
  expect(sourceOrigin(old, [old, source('2', null, null)])).toBe('');
  const hidden = { ...source('1', 'may.pdf', 'Board'), available: false };
  expect(sourceOrigin(hidden, [hidden, source('2', 'june.pdf', 'Board')])).toBe('');
});
