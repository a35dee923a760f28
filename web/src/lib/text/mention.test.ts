import { describe, expect, it } from 'vitest';
import { fitting, mentionAt, mentionRequest, mentionedBy, mentionsIn, withMention, type Mention } from './mention';

const clerk: Mention = { kind: 'assistant', id: 'a', name: 'Clerk' };
const statutes: Mention = { kind: 'document', id: 'd', name: 'Statutes' };

describe('a mention that is typed', () => {
  it('begins a word and ends at the caret', () => {
    expect(mentionAt('Ask @cle', 8)).toEqual({ sign: '@', query: 'cle', start: 4, end: 8 });
    expect(mentionAt('#', 1)).toEqual({ sign: '#', query: '', start: 0, end: 1 });
    expect(mentionAt('Ask @cle now', 12)).toBeNull();
  });

  it('is no address, no heading and no second sign', () => {
    expect(mentionAt('ada@example', 11)).toBeNull();
    expect(mentionAt('# Heading', 9)).toBeNull();
    expect(mentionAt('##', 2)).toBeNull();
  });

  it('finds names by the beginnings of their words', () => {
    const all = [{ name: 'Årsrapport 2026' }, { name: 'Statutes' }];
    expect(fitting(all, '20')).toEqual([all[0]]);
    expect(fitting(all, 'arsr')).toEqual([all[0]]);
    expect(fitting(all, 'tutes')).toEqual([]);
  });
});

describe('the mentions of a question', () => {
  it('have one assistant, and nothing twice', () => {
    const other = { ...clerk, id: 'b' };
    expect(withMention([clerk, statutes], other)).toEqual([statutes, other]);
    expect(withMention([statutes], statutes)).toEqual([statutes]);
  });

  it('are at most ten documents', () => {
    const many = Array.from({ length: 12 }, (_, at) => ({ ...statutes, id: `${at}` }));
    expect(many.reduce(withMention, [] as Mention[])).toHaveLength(10);
  });

  it('are asked for by id, and read back from a message', () => {
    expect(mentionRequest([clerk, statutes])).toEqual({ assistant_id: 'a', document_ids: ['d'] });
    expect(mentionRequest([])).toEqual({});
    const mentions = mentionsIn([clerk, statutes]);
    expect(mentionedBy({ mentions })).toEqual([
      { kind: 'assistant', id: 'a' },
      { kind: 'document', id: 'd' }
    ]);
    expect(mentionsIn([])).toBeNull();
  });
});
