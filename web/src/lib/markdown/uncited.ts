// Sentences of an answer that cite no source: the server finds them, and a mark is drawn behind each.

/** Stands in the text where the mark will be: a blank, since emphasis and addresses end before one, and a sign that no language uses. */
export const UNCITED = '\u205f⸸';

/** A sentence, by its characters as Unicode counts them. */
export interface Span {
  start: number;
  end: number;
}

/** The text with a sign behind each sentence. */
export function withSigns(text: string, sentences: readonly Span[]): string {
  const ends = new Set(sentences.map(({ end }) => end));
  let at = 0;
  let marked = '';
  for (const character of text) {
    if (ends.has(at)) marked += UNCITED;
    marked += character;
    at += 1;
  }
  return ends.has(at) ? marked + UNCITED : marked;
}

/** The text without signs: code has none. */
export const withoutSigns = (text: string): string => text.replaceAll(UNCITED, '');
