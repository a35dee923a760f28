import { describe, expect, it } from 'vitest';
import { citingSentences, matchBeside, matchSentences } from './matched-sentences';

const matched = (passage: string, statements: string[]) =>
  matchSentences(passage, statements)
    .filter((stretch) => stretch.matched)
    .map(({ text }) => text);

const TEXT =
  'The laundry room is open from 7 to 21. Residents of zone 1 pay 101.50 kronor per month for parking.\nVisitors park for 24 hours at most.';

describe('the sentences of a passage that an answer rests on', () => {
  it('are those that share its words', () => {
    expect(matched(TEXT, ['Parking costs residents in zone 1 101.50 kronor each month'])).toEqual([
      'Residents of zone 1 pay 101.50 kronor per month for parking.'
    ]);
  });

  it('are none where nothing is alike', () => {
    expect(matched(TEXT, ['The board meets in September.'])).toEqual([]);
    expect(matched(TEXT, [])).toEqual([]);
  });

  it('put together are the passage again', () => {
    const stretches = matchSentences(TEXT, ['Visitors park for at most 24 hours']);
    expect(stretches.map(({ text }) => text).join('')).toBe(TEXT);
    expect(stretches.filter((stretch) => stretch.matched)).toHaveLength(1);
  });

  it('are found in other scripts and in either form of a letter', () => {
    expect(matched('Tvättstugan stänger klockan 21. Grillen är fri.', ['tvättstugan stänger 21'])).toEqual([
      'Tvättstugan stänger klockan 21.'
    ]);
  });

  it('are looked for in a bounded part of a passage', () => {
    const long = `${'Nothing to see here at all. '.repeat(5_000)}Residents pay kronor.`;
    const begun = performance.now();
    expect(matched(long, Array<string>(1_000).fill('Residents pay kronor'))).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('the sentences that cite a source', () => {
  it('carry its number, before or after the full stop', () => {
    const answer = 'It opens at 7 [1]. It **closes** at 21. [2, 3] Nobody knows more [4].';
    expect(citingSentences(answer, 1).map((text) => text.trim())).toEqual(['It opens at 7  .']);
    expect(citingSentences(answer, 3)).toHaveLength(1);
    expect(citingSentences(answer, 3)[0]).not.toContain('*');
    expect(citingSentences(answer, 5)).toEqual([]);
  });
});

describe('the sentences beside a passage that an answer rests on', () => {
  const page = {
    before: 'Dogs are kept on a leash in the yard. ',
    passage: TEXT,
    after: ' The sauna is heated on Fridays from 17 to 21.'
  };
  const found = (statements: string[]) => {
    const { before, after } = matchBeside(page, statements);
    return [before, after].map((part) => part.filter(({ matched }) => matched).map(({ text }) => text));
  };

  it('are found where nothing in the passage is like the statement', () => {
    expect(found(['The sauna is heated on Fridays'])).toEqual([[], ['The sauna is heated on Fridays from 17 to 21.']]);
    expect(found(['Visitors park for at most 24 hours', 'Dogs are kept on a leash'])).toEqual([
      ['Dogs are kept on a leash in the yard.'],
      []
    ]);
    expect(found(['Visitors park for at most 24 hours'])).toEqual([[], []]);
  });

  it('leave the text of the page as it is', () => {
    const long = { ...page, before: 'Far away. '.repeat(2_000), after: ' And on. '.repeat(2_000) };
    const { before, after } = matchBeside(long, ['The sauna is heated']);
    expect(before.map(({ text }) => text).join('')).toBe(long.before);
    expect(after.map(({ text }) => text).join('')).toBe(long.after);
    const faces = { ...page, before: `${'😀'.repeat(2_500)}!`, after: `!${'😀'.repeat(2_500)}` };
    const cut = matchBeside(faces, ['The sauna is heated']);
    for (const { text } of [...cut.before, ...cut.after]) expect(text).not.toMatch(/^[\udc00-\udfff]/);
  });
});
