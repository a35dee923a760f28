// Tables as text for spreadsheets. Cells that a spreadsheet would run as formulas are made text.

/** What begins a formula in Excel, LibreOffice and Google Sheets, also in full width, or hides one behind a tab or a line break. */
const FORMULA = /^[\s\p{Cc}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;
/** A number, a percentage or an amount is what it looks like. */
const NUMBER = /^[+\-−]?\s?(?:[$€£]\s?)?\d[\d\s.,\u00a0\u202f]*(?:%|\s?[%\p{Sc}]|\s?(?:kr|SEK|EUR|USD))?$/u;
/** A dash in a cell stands for no value. */
const EMPTY = /^ *[-–—+] *$/;
const BYTE_ORDER_MARK = '\ufeff';

/** The cell as text: one that a spreadsheet would take for a formula gets an apostrophe in front (CWE-1236). */
export function withoutFormula(cell: string): string {
  return FORMULA.test(cell) && !NUMBER.test(cell) && !EMPTY.test(cell) ? `'${cell}` : cell;
}

/** Rows as CSV (RFC 4180), with a mark by which Excel knows that the letters are UTF-8. */
export function toCsv(rows: readonly (readonly string[])[], separator: ',' | ';'): string {
  const lines = rows.map((row) => row.map((cell) => quoted(withoutFormula(cell), separator)).join(separator));
  return BYTE_ORDER_MARK + lines.map((line) => `${line}\r\n`).join('');
}

/** Rows for the clipboard: spreadsheets put each cell into one of theirs. */
export function toTsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((cell) => withoutFormula(cell.replace(/\s+/g, ' '))).join('\t')).join('\n');
}

/** What separates cells where the decimal mark is a comma is a semicolon: spreadsheets there read no other. */
export function separatorFor(language: string): ',' | ';' {
  return new Intl.NumberFormat(language).format(1.5).includes(',') ? ';' : ',';
}

function quoted(cell: string, separator: string): string {
  return /["\r\n]/.test(cell) || cell.includes(separator) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
