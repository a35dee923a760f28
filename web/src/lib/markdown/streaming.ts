// A text that is still being written, so that half a mark of Markdown does not flash as itself.

const TAIL = 2_000;

/** The text with what is open at its end closed, or left out while it has nothing in it. */
export function completed(text: string): string {
  // An unclosed fence shows everything as code anyway.
  if ((text.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0) % 2 === 1) return text;
  // A citation or a footnote that has not got its bracket yet, a link or a picture that has not got its address.
  // They are short; only the end of the text is searched for them, at every delta.
  const from = Math.max(0, text.length - TAIL);
  const tail = text
    .slice(from)
    .replace(/\[(?:\d{0,3}|\^[^\]\s[]*)$/, '')
    .replace(/!?\[[^\][\n]*\]\([^)\s]*$/, '')
    .replace(/\\[([]?$/, '');
  const whole = text.slice(0, from) + withoutHalfFormula(tail);
  const paragraph = whole.slice(whole.lastIndexOf('\n\n') + 1);
  if ((paragraph.match(/`/g)?.length ?? 0) % 2 === 1) return closed(whole, '`');
  const plain = paragraph.replace(/`[^`]*`/g, '');
  if ((plain.match(/\*\*/g)?.length ?? 0) % 2 === 1) return closed(whole, '**');
  return whole;
}

function closed(text: string, mark: string): string {
  const trimmed = text.trimEnd();
  // Half of the closing mark may have come already.
  const half = mark === '**' && /[^*]\*$/.test(trimmed) ? trimmed.slice(0, -1) : trimmed;
  return half.endsWith(mark) ? half.slice(0, -mark.length) : half + mark;
}

/** Without a formula in a line whose end has not come yet; one with lines to itself is shown as it grows. */
function withoutHalfFormula(tail: string): string {
  const round = tail.lastIndexOf('\\(');
  if (round > tail.lastIndexOf('\\)')) return tail.slice(0, round);
  const paragraph = tail.lastIndexOf('\n\n') + 1;
  const dollars = Array.from(tail.slice(paragraph).matchAll(/\$\$/g), ({ index }) => paragraph + index);
  const last = dollars.at(-1);
  if (last === undefined || dollars.length % 2 === 0 || /(?:^|\n)[\s>]*$/.test(tail.slice(0, last))) return tail;
  return tail.slice(0, last);
}
