import { expect, it } from 'vitest';
import { separatorFor, toCsv, toTsv, withoutFormula } from './csv';

it.each([
  '=1+1',
  '=HYPERLINK("https://evil.example","x")',
  '+cmd|/C calc!A0',
  "-2+3+cmd|' /C calc'!A0",
  '@SUM(A1)',
  ' =1+1',
  '\t=1+1',
  '\r=1+1',
  '\n@x',
  '＝1+1',
  '--1'
])('%j is no formula any more', (cell) => expect(withoutFormula(cell)).toBe(`'${cell}`));

it.each(['-5', '+46 70 123 45 67', '-1 234,50 kr', '−3', '-12.5 %', '-$5.00', '-', '5', 'a=b', 'e-mail', ''])(
  '%j stays as it is',
  (cell) => expect(withoutFormula(cell)).toBe(cell)
);

it('a saved table holds no formula', () => {
  const rows = [
    ['=1+1', 'a'],
    ['@x', '-2+3']
  ];
  expect(toCsv(rows, ',')).toBe("\ufeff'=1+1,a\r\n'@x,'-2+3\r\n");
});

it('separators, quotes and line breaks stay within their cells', () => {
  expect(
    toCsv(
      [
        ['a', 'b;"c"'],
        ['d,e', 'f\ng']
      ],
      ';'
    )
  ).toBe('\ufeffa;"b;""c"""\r\nd,e;"f\ng"\r\n');
  expect(toCsv([['d,e']], ',')).toBe('\ufeff"d,e"\r\n');
});

it('a cell on the clipboard is one cell', () => {
  expect(
    toTsv([
      ['a\tb', '=1'],
      ['c\nd', '']
    ])
  ).toBe("a b\t'=1\nc d\t");
});

it('the separator is the one that spreadsheets of the language read', () => {
  expect([separatorFor('sv'), separatorFor('en-GB')]).toEqual([';', ',']);
});
