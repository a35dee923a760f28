// Which sentences of a passage a statement of an answer rests on: those that share enough of its words. Deterministic, and bounded.

/** What is compared of a passage and of an answer, in UTF-16 units; chunks and answers are mostly shorter. */
const MOST_TEXT = 20_000;
const MOST_SENTENCES = 200;
const MOST_STATEMENTS = 10;
/** Share of the words of the shorter one of two sentences that both have. */
const ENOUGH = 0.5;
/** Below this, nothing of the passage is named: the pale mark is all that can be said. */
const SOMETHING = 0.3;
const CITATION = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g;
// A full stop inside a number, or after an initial, ends no sentence; a line that ends does.
const SENTENCE = /[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*(?:[.!?]+["”’)\]]*|\n+|$)/g;

export interface Stretch {
  text: string;
  matched: boolean;
}

/** The sentences of an answer that cite the source with this number, without marks of Markdown. */
export function citingSentences(answer: string, source: number): string[] {
  const found: string[] = [];
  for (const [sentence] of joinMarks(answer.slice(0, MOST_TEXT)).matchAll(SENTENCE)) {
    const numbers = Array.from(sentence.matchAll(CITATION)).flatMap((mark) => (mark[1] ?? '').split(',').map(Number));
    if (numbers.includes(source)) found.push(sentence.replace(CITATION, ' ').replace(/[*_`#>|]/g, ' '));
    if (found.length === MOST_STATEMENTS) break;
  }
  return found;
}

/** How much of a page beside a passage is compared; the model reads a chunk on either side. */
const BESIDE = 4_000;

/** What is beside a passage on its page, in stretches, by those statements that nothing in the passage is like. */
export function matchBeside(
  { before, passage, after }: { before: string; passage: string; after: string },
  statements: string[]
): { before: Stretch[]; after: Stretch[] } {
  const isIn = (statement: string): boolean => matchSentences(passage, [statement]).some(({ matched }) => matched);
  const left = passage ? statements.slice(0, MOST_STATEMENTS).filter((statement) => !isIn(statement)) : [];
  const plain = (text: string): Stretch[] => (text ? [{ text, matched: false }] : []);
  const from = wholeAt(before, Math.max(0, before.length - BESIDE));
  const to = wholeAt(after, BESIDE);
  return {
    before: [...plain(before.slice(0, from)), ...matchSentences(before.slice(from), left, ENOUGH)],
    after: [...matchSentences(after.slice(0, to), left, ENOUGH), ...plain(after.slice(to))]
  };
}

/** A place to cut a text: one further if a character of two UTF-16 units would be split. */
function wholeAt(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(at)) ? at + 1 : at;
}

/** The passage in stretches; those that are matched belong to one of the statements, and share at least so much with it. */
export function matchSentences(passage: string, statements: string[], something = SOMETHING): Stretch[] {
  const wanted = statements.slice(0, MOST_STATEMENTS).map(wordsOf);
  const sentences = Array.from(passage.slice(0, MOST_TEXT).matchAll(SENTENCE)).slice(0, MOST_SENTENCES);
  const scores = sentences.map(([sentence]) =>
    Math.max(0, ...wanted.map((words) => overlap(wordsOf(sentence), words)))
  );
  const best = Math.max(0, ...scores);
  const least = best >= ENOUGH ? ENOUGH : best;
  const stretches: Stretch[] = [];
  let from = 0;
  sentences.forEach((sentence, at) => {
    if (best < something || (scores[at] ?? 0) < least) return;
    // White space around a sentence is not marked.
    const begin = sentence.index + (sentence[0].length - sentence[0].trimStart().length);
    const end = sentence.index + sentence[0].trimEnd().length;
    if (begin > from) stretches.push({ text: passage.slice(from, begin), matched: false });
    stretches.push({ text: passage.slice(begin, end), matched: true });
    from = end;
  });
  if (from < passage.length) stretches.push({ text: passage.slice(from), matched: false });
  return stretches;
}

/** A mark after the full stop belongs to the sentence before it: "… 40 kronor. [1]". */
function joinMarks(text: string): string {
  return text.replace(/([.!?])((?:\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\])+)/g, '$2$1');
}

function wordsOf(text: string): Set<string> {
  const words =
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  // Short words are mostly articles and prepositions; numbers say something at any length.
  return new Set(words.filter((word) => word.length > 3 || /\p{N}/u.test(word)));
}

function overlap(one: Set<string>, other: Set<string>): number {
  const smaller = Math.min(one.size, other.size);
  const shared = [...one].filter((word) => other.has(word)).length;
  // One shared word is no evidence, except for a sentence that has no other.
  return shared === 0 || (shared === 1 && smaller > 1) ? 0 : shared / smaller;
}
