// Marks the words of a query in a snippet.

export interface Piece {
  text: string;
  marked: boolean;
}

/** The snippet in pieces; a word is marked where it begins with a word of the query (three letters or more). */
export function markWords(snippet: string, query: string): Piece[] {
  const wanted = (query.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).map(stem);
  const pieces: Piece[] = [];
  for (const text of snippet.split(/([\p{L}\p{N}]+)/u)) {
    if (text === '') continue;
    const marked = wanted.some((word) => text.toLowerCase().startsWith(word));
    const last = pieces.at(-1);
    if (last && last.marked === marked) last.text += text;
    else pieces.push({ text, marked });
  }
  return pieces;
}

// Endings differ between question and text (permit, permits); a cut word finds both.
function stem(word: string): string {
  return word.length > 5 ? word.slice(0, -2) : word;
}
