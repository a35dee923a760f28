// Which rows of a long list are drawn.

export interface DrawnRow {
  place: number;
  /** Heights of the rows just above it that are not drawn, in pixels. */
  before: number;
}

export interface RowWindow {
  rows: DrawnRow[];
  /** Heights of the rows below the last one that are not drawn, in pixels. */
  after: number;
}

/** The rows that `length` pixels from `top` show, where the first row begins at 0; and the row at `kept`. */
export function windowOf(heights: number[], top: number, length: number, kept = -1): RowWindow {
  let [from, before] = [0, 0];
  while (from < heights.length - 1 && before + (heights[from] ?? 0) <= top) before += heights[from++] ?? 0;
  let [to, end] = [from, before];
  while (to < heights.length && end < top + length) end += heights[to++] ?? 0;
  // At least one row stays, so that the list never vanishes.
  if (to === from && to < heights.length) to++;
  const places = Array.from({ length: to - from }, (_, at) => from + at);
  if (kept >= 0 && kept < from) places.unshift(kept);
  else if (kept >= to && kept < heights.length) places.push(kept);
  const between = (start: number, end?: number) => heights.slice(start, end).reduce((sum, height) => sum + height, 0);
  const rows = places.map((place, at) => ({ place, before: between((places[at - 1] ?? -1) + 1, place) }));
  return { rows, after: between((places.at(-1) ?? -1) + 1) };
}
