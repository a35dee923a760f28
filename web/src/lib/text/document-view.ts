// The documents of a list as somebody wants to see them: found by name, of one state, in an order.
import type { Document } from '$lib/api/types';
import { losses } from '$lib/i18n/warning-text';
import { folded } from './places';

export type Stage = 'ready' | 'failed' | 'working';
/** What one can filter by: a stage, or documents that were read incompletely. */
export type Filter = Stage | 'warnings' | '';
export const STAGES: readonly Stage[] = ['ready', 'working', 'failed'];
export type Column = 'name' | 'status' | 'size' | 'added';

export interface DocumentView {
  query: string;
  /** Empty: all. */
  stage: Filter;
  /** Of the documents with warnings, those with this kind; empty: all that lost something. */
  warning: string;
  column: Column;
  descending: boolean;
}

export const NEWEST_FIRST: DocumentView = {
  query: '',
  stage: '',
  warning: '',
  column: 'added',
  descending: true
};

export function stageOf({ status }: Pick<Document, 'status'>): Stage {
  return status === 'ready' || status === 'failed' ? status : 'working';
}

/** Whether something of it was not read: as the filter `has_warnings` of the API. */
export function hasWarnings({ status, warnings }: Pick<Document, 'status' | 'warnings'>): boolean {
  return status === 'ready' && losses(warnings).length > 0;
}

/** The kinds of warnings, of either class, that the ready ones of these documents have. */
export function warningKinds(documents: Document[]): string[] {
  const ready = documents.filter(({ status }) => status === 'ready');
  const all = ready.flatMap(({ warnings }) => warnings.map(({ kind }) => kind));
  return [...new Set(all)].sort();
}

function isOf(document: Document, filter: Filter, kind: string): boolean {
  if (filter === 'warnings') {
    return kind === '' ? hasWarnings(document) : warningKinds([document]).includes(kind);
  }
  return filter === '' || stageOf(document) === filter;
}

/** How many documents there are of each stage. */
export function countStages(documents: Document[]): Record<Stage, number> {
  const counts: Record<Stage, number> = { ready: 0, failed: 0, working: 0 };
  for (const document of documents) counts[stageOf(document)] += 1;
  return counts;
}

const ORDERS: Record<Column, (one: Document, other: Document) => number> = {
  name: (one, other) => one.title.localeCompare(other.title, undefined, { numeric: true }),
  status: (one, other) => STAGES.indexOf(stageOf(one)) - STAGES.indexOf(stageOf(other)),
  size: (one, other) => one.size_bytes - other.size_bytes,
  added: (one, other) => one.created_at.localeCompare(other.created_at)
};

export function viewed(documents: Document[], { query, stage, warning, column, descending }: DocumentView): Document[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const found = documents.filter((document) => {
    const name = folded(`${document.title} ${document.filename} ${document.web_source?.url ?? ''}`);
    return isOf(document, stage, warning) && words.every((word) => name.includes(word));
  });
  const order = ORDERS[column];
  return found.sort((one, other) => (descending ? order(other, one) : order(one, other)));
}

/** Whether the title tells nothing that the file name does not. */
export function titleIsFilename({ title, filename }: Pick<Document, 'title' | 'filename'>): boolean {
  const plain = (text: string) =>
    folded(text)
      .replace(/[\s_-]+/g, ' ')
      .trim();
  return plain(title) === plain(filename) || plain(title) === plain(filename.replace(/\.[^.]+$/, ''));
}
