// A text that is still being written, so that half a mark of Markdown does not flash as itself.

/** The text with what is open at its end closed, or left out while it has nothing in it. */
export function completed(text: string): string {
  // An unclosed fence shows everything as code anyway.
  if ((text.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0) % 2 === 1) return text;
  // A citation or a footnote that has not got its bracket yet, a link or a picture that has not got its address.
  const whole = text.replace(/\[(?:\d{0,3}|\^[^\]\s]*)$/, '').replace(/!?\[[^\]\n]*\]\([^)\s]*$/, '');
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
