// What is read aloud of an answer, in parts that a voice can say in one breath.
import type { Block } from '$lib/markdown/parse';
import { inlineText, tableRows } from '$lib/markdown/plain-text';

/** Some browsers stop in the middle of a longer utterance. */
const LONGEST = 220;
/** Nobody listens to a longer text; it also bounds what is queued. */
export const MOST_SPOKEN = 20_000;

/** Names for what has no words of its own. */
export interface SpokenNames {
  code: string;
  formula: string;
  diagram: string;
}

/** The sentences of an answer, without marks, numbers of sources, and code. */
export function spokenParts(blocks: readonly Block[], names: SpokenNames): string[] {
  const parts: string[] = [];
  let length = 0;
  for (const text of blockTexts(blocks, names)) {
    for (const part of sentences(text)) {
      length += part.length;
      if (length > MOST_SPOKEN) return parts;
      parts.push(part);
    }
  }
  return parts;
}

function* blockTexts(blocks: readonly Block[], names: SpokenNames): Generator<string> {
  for (const block of blocks) {
    switch (block.kind) {
      case 'paragraph':
      case 'heading':
        yield inlineText(block.children, names);
        break;
      case 'quote':
        yield* blockTexts(block.blocks, names);
        break;
      case 'list':
        for (const item of block.items) yield* blockTexts(item, names);
        break;
      case 'table':
        for (const row of tableRows(block)) yield row.filter(Boolean).join(', ');
        break;
      case 'code':
        yield block.language === 'mermaid' ? names.diagram : names.code;
        break;
      case 'math':
        yield names.formula;
        break;
      case 'footnotes':
        for (const { blocks: note } of block.notes) yield* blockTexts(note, names);
    }
  }
}

/** A text cut at the ends of its sentences, long ones between words. */
function sentences(text: string): string[] {
  const parts: string[] = [];
  for (const sentence of text
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(?<=[.!?:;…])\s/)) {
    let rest = sentence;
    while (rest.length > LONGEST) {
      const space = rest.lastIndexOf(' ', LONGEST);
      const at = space > 0 ? space : LONGEST;
      parts.push(rest.slice(0, at));
      rest = rest.slice(at).trimStart();
    }
    if (rest) parts.push(rest);
  }
  return parts;
}
