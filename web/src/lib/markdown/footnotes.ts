// Footnotes of Markdown: `[^a]` in the text, `[^a]: …` anywhere below it. A mark without a note stays text.
import type MarkdownIt from 'markdown-it';

const LABEL = /^\[\^([^\]\s]{1,64})\]/;
const NOTE = /^\[\^([^\]\s]{1,64})\]:[^\S\n]*(.*)$/;
/** A line that begins something else than more text of the note before it. */
const BEGINS_BLOCK = /^(?:#{1,6} |[-*+] |\d+[.)] |>|\||```|~~~|\[\^[^\]\s]+\]:)/;
const LONGEST_MARK = 70;
const INDENT = 2;

/** What one parse knows: texts of notes by their labels, and whether more of the text may come. */
export interface FootnoteEnv {
  [key: PropertyKey]: unknown;
  notes?: Map<string, string>;
  unfinished?: boolean;
  /** All notes are known: one within another is text, or each would be read once for every note around it. */
  complete?: boolean;
}

export function withFootnotes(markdown: InstanceType<typeof MarkdownIt>): void {
  markdown.block.ruler.before(
    'reference',
    'footnote',
    (state, startLine, endLine, silent) => {
      const line = (at: number) =>
        state.src.slice((state.bMarks[at] ?? 0) + (state.tShift[at] ?? 0), state.eMarks[at] ?? 0);
      const indent = (at: number) => (at < endLine ? (state.sCount[at] ?? 0) - state.blkIndent : 0);
      const [, label, first = ''] = NOTE.exec(line(startLine)) ?? [];
      if (label === undefined || indent(startLine) >= 4 || (state.env as FootnoteEnv).complete) return false;
      if (silent) return true;
      const texts = [first];
      let next = startLine + 1;
      for (; next < endLine; next += 1) {
        // A blank line ends the note, unless what follows is indented.
        if (state.isEmpty(next) ? indent(next + 1) < INDENT : endsNote(line(next), indent(next), texts)) break;
        texts.push(state.isEmpty(next) ? '' : line(next));
      }
      const env = state.env as FootnoteEnv;
      env.notes ??= new Map();
      // As with links, the first of several with one label counts.
      if (!env.notes.has(label)) env.notes.set(label, texts.join('\n'));
      state.line = next;
      return true;
    },
    { alt: ['paragraph', 'reference', 'blockquote', 'list'] }
  );

  markdown.inline.ruler.before('link', 'footnote', (state, silent) => {
    const [mark, label] =
      LABEL.exec(state.src.slice(state.pos, Math.min(state.pos + LONGEST_MARK, state.posMax))) ?? [];
    const { notes, unfinished } = state.env as FootnoteEnv;
    // While a text is being written its notes are still to come.
    if (mark === undefined || label === undefined || !(notes?.has(label) || unfinished)) return false;
    if (!silent) state.push('footnote', '', 0).content = label;
    state.pos += mark.length;
    return true;
  });
}

function endsNote(line: string, indent: number, before: string[]): boolean {
  return indent < INDENT && (before.at(-1) === '' || BEGINS_BLOCK.test(line));
}
