// Finds `[1]`, `[1, 3]` and `[1][2]` in text and makes citations of those numbers that were given as sources.
import type { Inline } from './parse';
import { UNCITED } from './uncited';

const MARK = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g;

const NO_SOURCES: ReadonlySet<number> = new Set();

/**
 * The same inline nodes with citations cut out of the text; numbers that name no source stay as text. `signs`: the text has some for
 * sentences without a source.
 */
export function withCitations(nodes: Inline[], sources: ReadonlySet<number>, signs = false): Inline[] {
  return joinText(nodes).flatMap((node): Inline[] => {
    if (node.kind === 'text') return citeText(node.text, sources).flatMap((part) => (signs ? drawSigns(part) : [part]));
    // A link inside a link is not possible, and a citation is one.
    const inside = node.kind === 'link' ? NO_SOURCES : sources;
    if ('children' in node) return [{ ...node, children: withCitations(node.children, inside, signs) }];
    return [node];
  });
}

function drawSigns(node: Inline): Inline[] {
  if (node.kind !== 'text') return [node];
  return node.text.split(UNCITED).flatMap((text, at): Inline[] => {
    const part: Inline[] = text ? [{ kind: 'text', text }] : [];
    return at === 0 ? part : [{ kind: 'uncited' }, ...part];
  });
}

/** The numbers cited in a text, each once, in order of appearance. */
export function citedNumbers(text: string): number[] {
  const numbers = Array.from(text.matchAll(MARK)).flatMap((match) => (match[1] ?? '').split(',').map(Number));
  return [...new Set(numbers)];
}

// The Markdown parser cuts text at every bracket, so neighbours are joined before the search.
function joinText(nodes: Inline[]): Inline[] {
  const joined: Inline[] = [];
  for (const node of nodes) {
    const last = joined.at(-1);
    if (node.kind === 'text' && last?.kind === 'text')
      joined[joined.length - 1] = { kind: 'text', text: last.text + node.text };
    else joined.push(node);
  }
  return joined;
}

function citeText(text: string, sources: ReadonlySet<number>): Inline[] {
  const nodes: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(MARK)) {
    const numbers = (match[1] ?? '').split(',').map(Number);
    if (!numbers.every((number) => sources.has(number))) continue;
    // The space before a mark would leave it alone at the start of the next line.
    const before = text.slice(from, match.index).replace(/ $/, '');
    if (before) nodes.push({ kind: 'text', text: before });
    for (const number of numbers) nodes.push({ kind: 'citation', number });
    from = match.index + match[0].length;
  }
  const rest = text.slice(from);
  if (rest) nodes.push({ kind: 'text', text: rest });
  return nodes;
}
