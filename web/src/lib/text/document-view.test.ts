import { expect, it } from 'vitest';
import type { Document } from '$lib/api/types';
import { countStages, NEWEST_FIRST, titleIsFilename, viewed, warningKinds } from './document-view';

const document = (title: string, status: Document['status'], size_bytes: number, day: number) =>
  ({
    id: title,
    title,
    filename: `${title}.pdf`,
    status,
    size_bytes,
    created_at: `2026-01-0${day}T00:00:00Z`
  }) as Document;
const documents = [
  document('Ärendelista 10', 'ready', 30, 1),
  document('Ärendelista 9', 'failed', 10, 2),
  document('Budget', 'indexing', 20, 3)
];
const titles = (view: Partial<typeof NEWEST_FIRST>) =>
  viewed(documents, { ...NEWEST_FIRST, ...view }).map(({ title }) => title);

it('shows the newest first', () => {
  expect(titles({})).toEqual(['Budget', 'Ärendelista 9', 'Ärendelista 10']);
});

it('finds names without their accents, and by any word', () => {
  expect(titles({ query: '10 arende' })).toEqual(['Ärendelista 10']);
});

it('counts numbers in names as numbers', () => {
  expect(titles({ query: 'ärende', column: 'name', descending: false })).toEqual(['Ärendelista 9', 'Ärendelista 10']);
});

it('shows one stage', () => {
  expect(titles({ stage: 'working' })).toEqual(['Budget']);
  expect(countStages(documents)).toEqual({ ready: 1, failed: 1, working: 1 });
});

it('sorts by size both ways', () => {
  expect(titles({ column: 'size', descending: false })[0]).toBe('Ärendelista 9');
  expect(titles({ column: 'size' })[0]).toBe('Ärendelista 10');
});

it('knows a title that only repeats the file name', () => {
  expect(titleIsFilename({ title: 'annual report', filename: 'annual_report.pdf' })).toBe(true);
  expect(titleIsFilename({ title: 'Annual report 2025', filename: 'ar25.pdf' })).toBe(false);
});

it('finds those that were read incompletely, and not those where something was left out on purpose', () => {
  const read = (id: string, kind: 'loss' | 'left_out' | null) =>
    ({
      id,
      title: id,
      filename: id,
      web_source: null,
      status: 'ready',
      created_at: '2026-01-01',
      warnings: kind ? [{ kind: 'skipped_columns', class: kind, count: 1, pages: [], page_counts: [] }] : []
    }) as unknown as Document;
  const documents = [read('whole', null), read('menus', 'left_out'), read('columns', 'loss')];
  const found = viewed(documents, { ...NEWEST_FIRST, stage: 'warnings' });
  expect(found.map(({ id }) => id)).toEqual(['columns']);
});

it('finds documents by the kind of their warning, also where it is no loss', () => {
  const read = (id: string, kinds: string[], status = 'ready') =>
    ({
      id,
      title: id,
      filename: id,
      web_source: null,
      status,
      created_at: '2026-01-01',
      warnings: kinds.map((kind) => ({ kind, class: 'left_out', count: 1, pages: [], page_counts: [] }))
    }) as unknown as Document;
  const documents = [
    read('both', ['hidden_text', 'skipped_comments']),
    read('one', ['hidden_text']),
    read('none', []),
    read('read again', ['skipped_comments', 'skipped_columns'], 'indexing')
  ];
  expect(warningKinds(documents)).toEqual(['hidden_text', 'skipped_comments']);
  const found = viewed(documents, { ...NEWEST_FIRST, stage: 'warnings', warning: 'skipped_comments' });
  expect(found.map(({ id }) => id)).toEqual(['both']);
});
