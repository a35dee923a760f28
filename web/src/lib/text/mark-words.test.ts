import { expect, it } from 'vitest';
import { markWords } from './mark-words';

const marked = (snippet: string, query: string) =>
  markWords(snippet, query)
    .filter((piece) => piece.marked)
    .map((piece) => piece.text);

it('marks words of the query, also with other endings, and no fragments within words', () => {
  expect(marked('Permits cost; the permit fee is high. Impermissible.', 'permits fee')).toEqual([
    'Permits',
    'permit',
    'fee'
  ]);
});

it('knows letters beyond ASCII and never reads the query as a pattern', () => {
  expect(marked('Åtgärder i miljön (.*)', 'åtgärd miljö .*')).toEqual(['Åtgärder', 'miljön']);
});

it('gives the snippet back whole', () => {
  const snippet = 'a  b\n— c';
  expect(
    markWords(snippet, 'x')
      .map((piece) => piece.text)
      .join('')
  ).toBe(snippet);
});
