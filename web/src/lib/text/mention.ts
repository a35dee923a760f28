// Assistants, collections and documents that a question names: `@clerk`, `#statutes`.
import type { Message } from '$lib/api/types';
import { folded } from './places';

export type MentionKind = 'assistant' | 'collection' | 'document';

export interface Mention {
  kind: MentionKind;
  id: string;
  name: string;
}

/** As a message has it. */
export type Mentioned = Omit<Mention, 'name'>;

/** A mention that is being typed. */
export interface MentionDraft {
  sign: '@' | '#';
  /** What follows the sign, up to the caret. */
  query: string;
  /** Where the sign is in the question. */
  start: number;
  end: number;
}

const TYPED = /(?:^|\s)([@#])([^\s@#]{0,50})$/u;
/** The most collections, and the most documents, of a question. */
const MOST = 10;

/** The mention that ends at the caret; null if there is none. An address (`ada@example.org`) is no mention. */
export function mentionAt(question: string, caret: number): MentionDraft | null {
  const found = TYPED.exec(question.slice(0, caret));
  const [sign, query = ''] = [found?.[1], found?.[2]];
  if (sign !== '@' && sign !== '#') return null;
  return { sign, query, start: caret - query.length - 1, end: caret };
}

/** Those whose names have words that begin so, in their order. */
export function fitting<Named extends { name: string }>(all: Named[], query: string): Named[] {
  const typed = folded(query);
  return all.filter(({ name }) => ` ${folded(name)}`.includes(` ${typed}`));
}

/** With one more: a question has one assistant, and names nothing twice. */
export function withMention(mentions: Mention[], mention: Mention): Mention[] {
  const others = mentions.filter(({ kind, id }) =>
    mention.kind === 'assistant' ? kind !== 'assistant' : kind !== mention.kind || id !== mention.id
  );
  const full = others.filter(({ kind }) => kind === mention.kind).length >= MOST;
  return full ? others : [...others, mention];
}

/** What the server is asked for. */
export function mentionRequest(mentions: Mentioned[]) {
  const ids = (wanted: MentionKind) => mentions.filter(({ kind }) => kind === wanted).map(({ id }) => id);
  const [assistant, collections, documents] = [ids('assistant')[0], ids('collection'), ids('document')];
  return {
    ...(assistant !== undefined && { assistant_id: assistant }),
    ...(collections.length > 0 && { collection_ids: collections }),
    ...(documents.length > 0 && { document_ids: documents })
  };
}

/** The same as it stands in a message. */
export function mentionsIn(mentions: Mentioned[]): Message['mentions'] {
  if (mentions.length === 0) return null;
  const { assistant_id = null, collection_ids = [], document_ids = [] } = mentionRequest(mentions);
  return { assistant_id, collection_ids, document_ids };
}

/** What a message names, without names. */
export function mentionedBy({ mentions }: Pick<Message, 'mentions'>): Mentioned[] {
  if (!mentions) return [];
  return [
    ...(mentions.assistant_id === null ? [] : [{ kind: 'assistant' as const, id: mentions.assistant_id }]),
    ...mentions.collection_ids.map((id) => ({ kind: 'collection' as const, id })),
    ...mentions.document_ids.map((id) => ({ kind: 'document' as const, id }))
  ];
}
