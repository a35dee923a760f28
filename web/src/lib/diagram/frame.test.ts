import { expect, it, vi } from 'vitest';
import { readAnswer } from './frame';
import { isDiagram } from './source';

vi.mock('@mermaid-js/tiny/dist/mermaid.tiny.js?url', () => ({ default: '/engine.js' }));

it('only the messages of a frame are believed', () => {
  expect(readAnswer({ kind: 'ready', more: 1 })).toEqual({ kind: 'ready' });
  expect(readAnswer({ kind: 'drawn', height: 120 })).toEqual({ kind: 'drawn', height: 120 });
  for (const data of [null, 'ready', 1, [], {}, { kind: 'drawn' }, { kind: 'drawn', height: '9' }, { kind: 'other' }])
    expect(readAnswer(data)).toBeNull();
});

it('a diagram cannot fill the page, and its reason is short', () => {
  expect(readAnswer({ kind: 'drawn', height: 1e9 })).toEqual({ kind: 'drawn', height: 2_000 });
  expect(readAnswer({ kind: 'drawn', height: NaN })).toBeNull();
  expect(readAnswer({ kind: 'broken', reason: 'x'.repeat(9_000) })).toEqual({
    kind: 'broken',
    reason: 'x'.repeat(300)
  });
});

it('of a parse error the first line is shown', () => {
  const reason = 'Parse error on line 2:\ngraph LR A[\n----^';
  expect(readAnswer({ kind: 'broken', reason })).toEqual({ kind: 'broken', reason: 'Parse error on line 2.' });
});

it('a fence is a diagram by its language', () => {
  expect(['mermaid', 'Mermaid', 'rust', ''].map(isDiagram)).toEqual([true, true, false, false]);
});
