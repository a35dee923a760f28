// Lists that are typed one to a line.

/** The lines of a field, without blanks and each once. For what may hold commas. */
export function rowsOf(text: string): string[] {
  const rows = text.split('\n').map((row) => row.trim());
  return Array.from(new Set(rows.filter((row) => row !== '')));
}

export function linesOf(text: string): string[] {
  const lines = text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return Array.from(new Set(lines));
}

/** True for `https://host` with an optional port and nothing after it. */
export function isOrigin(text: string): boolean {
  try {
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) && url.origin === text.toLowerCase();
  } catch {
    return false;
  }
}

/** True for what may stand after the @ of an address. */
export function isDomain(text: string): boolean {
  return /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i.test(text);
}
