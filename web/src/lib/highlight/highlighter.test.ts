import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { highlightWith } from './grammars';
import { Highlighter, MOST_CHARACTERS, type Request, type Response, type WorkerLike } from './highlighter';
import { GRAMMARS, grammarOf, languageLabel } from './languages';
import { coloured, flatten, type Token } from './tokens';

class FakeWorker implements WorkerLike {
  asked: Request[] = [];
  ended = false;
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  postMessage(message: Request): void {
    this.asked.push(message);
  }
  terminate(): void {
    this.ended = true;
  }
  says(data: Response): void {
    this.onmessage?.({ data } as MessageEvent<Response>);
  }
}

const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};
const red: Token[] = [{ text: 'let', kind: 'keyword' }];
let workers: FakeWorker[] = [];
let highlighter: Highlighter;

beforeEach(() => {
  vi.useFakeTimers();
  workers = [];
  highlighter = new Highlighter(() => {
    workers.push(new FakeWorker());
    return workers.at(-1) as FakeWorker;
  });
});
afterEach(() => vi.useRealTimers());

it('every language that a fence may name has its grammar', () => {
  for (const grammar of GRAMMARS) expect(() => highlightWith(grammar, 'a = 1'), grammar).not.toThrow();
});

it('labels are those that people know', () => {
  expect(['rs', 'HTML', 'c++', 'unheard-of', ''].map(languageLabel)).toEqual(['Rust', 'HTML', 'C++', 'unheard-of', '']);
  expect([grammarOf('TSX'), grammarOf('constructor')]).toEqual(['typescript', null]);
});

it('colours lose no letter of the code', () => {
  const code = 'const a: string = `x ${1 + 2} y`; // <b>done</b>\n/* open';
  const tokens = highlightWith('typescript', code);
  expect(tokens.map(({ text }) => text).join('')).toBe(code);
  expect(tokens.find(({ text }) => text.includes('const'))?.kind).toBe('keyword');
  expect(tokens.find(({ text }) => text.includes('done'))?.kind).toBe('comment');
});

it('a tree that nests without end is flattened', () => {
  let tree: Parameters<typeof flatten>[0] = { type: 'text', value: 'x' };
  for (let depth = 0; depth < 100_000; depth += 1) tree = { type: 'element', children: [tree] };
  expect(flatten(tree)).toEqual([{ text: 'x', kind: null }]);
});

it('while code is written, its beginning keeps its colours', () => {
  const known = { text: 'let', tokens: red };
  expect(coloured('let a', known)).toEqual([...red, { text: ' a', kind: null }]);
  expect(coloured('let', known)).toEqual(red);
  expect(coloured('other', known)).toEqual([{ text: 'other', kind: null }]);
  expect(coloured('', null)).toEqual([]);
});

it('one text is asked for after another', async () => {
  const both = [highlighter.highlight('rust', 'one'), highlighter.highlight('rust', 'two')];
  await settled();
  const [worker] = workers;
  expect(worker?.asked.map(({ text }) => text)).toEqual(['one']);
  worker?.says({ id: 0, tokens: null });
  worker?.says({ id: 1, tokens: red });
  await settled();
  expect(worker?.asked.map(({ text }) => text)).toEqual(['one', 'two']);
  worker?.says({ id: 2, tokens: [] });
  expect(await Promise.all(both)).toEqual([red, []]);
});

it('a text that takes too long ends the worker, and the next gets another', async () => {
  const slow = highlighter.highlight('rust', 'slow');
  await settled();
  workers[0]?.says({ id: 0, tokens: null });
  await vi.advanceTimersByTimeAsync(1_500);
  expect(await slow).toBeNull();
  expect(workers[0]?.ended).toBe(true);
  const next = highlighter.highlight('rust', 'next');
  await settled();
  workers[1]?.says({ id: 2, tokens: red });
  expect(await next).toEqual(red);
});

it('a late response of an ended worker is not used', async () => {
  const slow = highlighter.highlight('rust', 'slow');
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await slow).toBeNull();
  const next = highlighter.highlight('rust', 'next');
  await settled();
  workers[0]?.says({ id: 2, tokens: red });
  workers[1]?.says({ id: 2, tokens: [] });
  expect(await next).toEqual([]);
});

it('five failures in a row stop the tries', async () => {
  for (let at = 0; at < 8; at += 1) {
    const answer = highlighter.highlight('rust', 'slow');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await answer).toBeNull();
  }
  expect(workers).toHaveLength(5);
});

it('long code stays without colours', async () => {
  expect(await highlighter.highlight('rust', 'a'.repeat(MOST_CHARACTERS + 1))).toBeNull();
  expect(workers).toHaveLength(0);
});
