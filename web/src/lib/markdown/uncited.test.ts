import { describe, expect, it } from 'vitest';
import { parseMarkdown, type Block, type Inline } from './parse';
import { inlineText } from './plain-text';
import { UNCITED, type Span } from './uncited';

/** The place of a sentence in a text, as the server names it. */
function spanOf(text: string, sentence: string): Span {
  const start = [...text.slice(0, text.indexOf(sentence))].length;
  return { start, end: start + [...sentence].length };
}

function first(blocks: Block[]): Inline[] {
  const block = blocks[0];
  return block?.kind === 'paragraph' ? block.children : [];
}

function parsed(text: string, sentence: string): Inline[] {
  return first(parseMarkdown(text, new Set([1]), { uncited: [spanOf(text, sentence)] }));
}

describe('sentences without a source', () => {
  it('have a mark behind them', () => {
    expect(parsed('😀 At six [1]. It is red all over. And so on.', 'It is red all over.')).toEqual([
      { kind: 'text', text: '😀 At six' },
      { kind: 'citation', number: 1 },
      { kind: 'text', text: '. It is red all over.' },
      { kind: 'uncited' },
      { kind: 'text', text: ' And so on.' }
    ]);
  });

  it('end after their emphasis', () => {
    expect(parsed('**It is red all over.** At six [1].', '**It is red all over.**')[0]).toEqual({
      kind: 'strong',
      children: [{ kind: 'text', text: 'It is red all over.' }]
    });
    const kinds = parsed('*It is red all over.* At six.', '*It is red all over.*').map(({ kind }) => kind);
    expect(kinds).toEqual(['emphasis', 'uncited', 'text']);
  });

  it('may end with an address, which stays the same', () => {
    const said = 'It is all at https://example.org/rules.';
    const nodes = parsed(said, said);
    expect(nodes).toContainEqual({
      kind: 'link',
      href: 'https://example.org/rules',
      children: [{ kind: 'text', text: 'https://example.org/rules' }]
    });
    expect(nodes.at(-1)).toEqual({ kind: 'uncited' });
  });

  it('leave no sign in what is read aloud, in code, and in a text that has one itself', () => {
    expect(inlineText(parsed('It is red all over.', 'It is red all over.'))).toBe('It is red all over.');
    const code = '```\nIt is red.\n```';
    expect(JSON.stringify(parseMarkdown(code, new Set(), { uncited: [spanOf(code, 'It is red.')] }))).not.toContain(
      UNCITED
    );
    for (const text of [
      '`It is red. So` it is.',
      '![It is red. So](https://example.org/a.png) it is.',
      'So \\(It is red. x\\) it is.',
      '$$\nIt is red. x\n$$'
    ]) {
      const blocks = parseMarkdown(text, new Set(), { uncited: [spanOf(text, 'It is red.')] });
      expect(JSON.stringify(blocks)).not.toContain(UNCITED);
    }
    const own = `It is ${UNCITED} all over.`;
    expect(inlineText(parsed(own, own))).toBe(own);
  });
});
