// How large a picture is sent: models see no more than this.
/** The longest side, in pixels. */
const LONGEST = 1568;

/** The size of a picture within what models see, with its proportions. */
export function fitted(width: number, height: number): { width: number; height: number } {
  const factor = Math.min(1, LONGEST / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

const TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp']);

/** Whether a file is a picture that models see. */
export function isPicture({ type }: { type: string }): boolean {
  return TYPES.has(type);
}
