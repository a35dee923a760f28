// Formulas in Markdown: `\( \)` and `$$ $$` in a line, `$ $` if it can be no price, `$$ $$` and `\[ \]` with lines to themselves.
// Every search for an end is bounded, so that a text of beginnings alone is read in linear time.
import type MarkdownIt from 'markdown-it';

/** The longest formula; a longer one stays text. */
export const MOST_TEX = 2_000;
const MOST_LINES = 100;
/** A formula between single dollars is short. */
const MOST_INLINE = 300;

/** What one parse knows of formulas. */
export interface MathsEnv {
  /** More of the text may come: a formula without an end is one that is being written. */
  unfinished?: boolean;
  /** The last search for each kind of end. */
  ends?: Map<string, { src: string; from: number; at: number }>;
}

/** What is used of the state of a block parser. */
interface BlockState {
  src: string;
  bMarks: number[];
  eMarks: number[];
  tShift: number[];
  sCount: number[];
  blkIndent: number;
  level: number;
  env: unknown;
  isEmpty(line: number): boolean;
}

export function withMaths(markdown: InstanceType<typeof MarkdownIt>): void {
  markdown.block.ruler.before(
    'fence',
    'math_block',
    (state, startLine, endLine, silent) => {
      const found = display(state, startLine, endLine);
      if (!found) return false;
      if (silent) return true;
      const token = state.push('math_block', '', 0);
      token.meta = { open: found.open };
      token.content = found.tex;
      token.map = [startLine, found.next];
      state.line = found.next;
      return true;
    },
    { alt: ['paragraph', 'reference', 'blockquote', 'list'] }
  );

  markdown.inline.ruler.before('escape', 'math_inline', (state, silent) => {
    const found = inline(state.src, state.pos, state.posMax, state.env as MathsEnv);
    if (!found) return false;
    if (!silent) {
      state.push('math_inline', '', 0).content = found.tex;
    }
    state.pos = found.end;
    return true;
  });
}

function display(
  state: BlockState,
  startLine: number,
  endLine: number
): { tex: string; open: boolean; next: number } | null {
  const line = (at: number) =>
    state.src.slice((state.bMarks[at] ?? 0) + (state.tShift[at] ?? 0), state.eMarks[at] ?? 0).trimEnd();
  if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return null;
  const first = line(startLine);
  const end = first.startsWith('$$') ? '$$' : first.startsWith('\\[') ? '\\]' : null;
  if (!end) return null;
  const texts: string[] = [];
  let length = 0;
  for (let at = startLine; at < Math.min(endLine, startLine + MOST_LINES); at += 1) {
    // A line that leaves the quote or the list around it is not part of the formula.
    if (at > startLine && (state.sCount[at] ?? 0) < state.blkIndent && !state.isEmpty(at)) return null;
    const text = at === startLine ? first.slice(2) : line(at);
    length += text.length + 1;
    if (length > MOST_TEX) return null;
    if (text.endsWith(end)) {
      texts.push(text.slice(0, -2));
      const tex = texts.join('\n').trim();
      // A bracket that is only escaped is none of a formula.
      const real = tex !== '' && (end === '$$' || texts.length > 1 || looksLikeTex(tex)) && !tex.includes('$$');
      return real ? { tex, open: false, next: at + 1 } : null;
    }
    texts.push(text);
  }
  const unfinished = (state.env as MathsEnv).unfinished === true && state.level === 0;
  return unfinished && startLine + MOST_LINES > endLine && (end === '$$' || first === '\\[')
    ? { tex: texts.join('\n').trim(), open: true, next: endLine }
    : null;
}

function inline(src: string, pos: number, posMax: number, env: MathsEnv): { tex: string; end: number } | null {
  const until = (from: number, end: string, most: number) => {
    const at = next(src, end, from, env);
    if (at < 0 || at - from > most || at + end.length > posMax) return null;
    const tex = src.slice(from, at).trim();
    return tex ? { tex, end: at + end.length } : null;
  };
  if (src.startsWith('\\(', pos)) return until(pos + 2, '\\)', MOST_TEX);
  if (src[pos] !== '$') return null;
  if (src.startsWith('$$', pos)) return until(pos + 2, '$$', MOST_TEX);
  const found = until(pos + 1, '$', MOST_INLINE);
  return found && isFormula(src, pos, found) ? found : null;
}

/** Where the next end stands; -1 if there is none. What was found is kept, so that many beginnings search a text once. */
function next(src: string, end: string, from: number, env: MathsEnv): number {
  const ends = (env.ends ??= new Map());
  const known = ends.get(end);
  if (known?.src === src && known.from <= from && (known.at < 0 || known.at >= from)) return known.at;
  const at = src.indexOf(end, from);
  ends.set(end, { src, from, at });
  return at;
}

/** Of `$…$` only what can be no price and no variable of a shell: as Pandoc reads it, and with the look of a formula. */
function isFormula(src: string, pos: number, { end }: { end: number }): boolean {
  const inner = src.slice(pos + 1, end - 1);
  if (/^\s|\s$|\n/.test(inner)) return false;
  if (/[\w$]/.test(src[pos - 1] ?? ' ') || /[\w$]/.test(src[end] ?? ' ')) return false;
  // "$5 = 50 kr, so 2$" has a sign of formulas, but begins as a price.
  if (/^\d+(?:[.,]\d+)*(?:\s|[kKmM]\b)/.test(inner) && !/\\[a-zA-Z]/.test(inner)) return false;
  return /^[A-Za-z]$/.test(inner) || looksLikeTex(inner);
}

function looksLikeTex(tex: string): boolean {
  return /\\[a-zA-Z]+|[\^=]|[A-Za-z0-9})]_/.test(tex);
}
