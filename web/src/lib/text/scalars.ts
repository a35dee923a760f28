// The API counts text in Unicode scalar values; JavaScript strings count UTF-16 units. These convert and cut.

/** UTF-16 index of the scalar at `offset`; past the end, the length of the text. */
export function utf16Index(text: string, offset: number): number {
  if (offset <= 0) return 0;
  let index = 0;
  for (let seen = 0; seen < offset && index < text.length; seen += 1) {
    const point = text.codePointAt(index) ?? 0;
    index += point > 0xffff ? 2 : 1;
  }
  return index;
}

export interface CutPage {
  before: string;
  passage: string;
  after: string;
}

/** Cuts a page at `start` and `end`, given in scalar values; a range outside the text gives an empty passage. */
export function cutPage(text: string, start: number, end: number): CutPage {
  const from = utf16Index(text, start);
  const to = Math.max(from, utf16Index(text, end));
  return { before: text.slice(0, from), passage: text.slice(from, to), after: text.slice(to) };
}
