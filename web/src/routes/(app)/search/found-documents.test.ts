import { expect, it } from 'vitest';
import { foundDocuments, isWeak, orderText, type Hit } from './found-documents';

const hit = (document_id: string, chunk_id: string) => ({ document_id, chunk_id, title: document_id }) as Hit;

it('passages of one document stand together, where its best one is', () => {
  const found = foundDocuments([hit('a', '1'), hit('b', '2'), hit('a', '3')]);
  expect(found.map(({ id, hits }) => [id, hits.map(({ chunk_id }) => chunk_id)])).toEqual([
    ['a', ['1', '3']],
    ['b', ['2']]
  ]);
});

it('only a search that says so is weak', () => {
  expect([isWeak({ results: [] }), isWeak({ relevant: true }), isWeak({ relevant: false })]).toEqual([
    false,
    false,
    true
  ]);
});

it('says who ordered the results, and why the reranker did not', () => {
  const key = (skipped: 'timeout' | 'nothing_to_order' | null) => orderText({ model: 'Ranker', skipped })?.key;
  expect([key(null), key('timeout'), key('nothing_to_order'), orderText(null)]).toEqual([
    'search.reranked',
    'search.skipped.timeout',
    undefined,
    null
  ]);
});
