// Which rows of a long list are drawn.

export interface RowWindow {
  from: number;
  to: number;
  /** Heights of the rows that are not drawn, in pixels. */
  before: number;
  after: number;
}

/** The rows that `length` pixels from `top` show, where the first row begins at 0. */
export function windowOf(heights: number[], top: number, length: number): RowWindow {
  let [from, before] = [0, 0];
  while (from < heights.length - 1 && before + (heights[from] ?? 0) <= top) before += heights[from++] ?? 0;
  let [to, end] = [from, before];
  while (to < heights.length && end < top + length) end += heights[to++] ?? 0;
  // At least one row stays, so that the list never vanishes.
  if (to === from && to < heights.length) to++;
  const after = heights.slice(to).reduce((sum, height) => sum + height, 0);
  return { from, to, before, after };
}
