import { describe, expect, it } from 'vitest';
import { parseMarkdown, safeHref, type Block, type Inline } from './parse';
import { citedNumbers } from './citations';

const given = new Set([1, 2, 3]);
const inline = (text: string, sources = given): Inline[] => {
  const [first] = parseMarkdown(text, sources);
  return first?.kind === 'paragraph' ? first.children : [];
};

/** Every text that a tree would show, and every address that it would link. */
function shown(blocks: Block[]): { text: string; links: string[] } {
  const links: string[] = [];
  let text = '';
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'text' || key === 'description') text += String(value);
      else if (key === 'href') links.push(...(value === null ? [] : [String(value)]));
      else visit(value);
    }
  };
  visit(blocks);
  return { text, links };
}

describe('markdown safety', () => {
  it('takes what the built-in answerer escapes for text', () => {
    const escaped = String.raw`> \[portal\](https\:\/\/evil.example) https\:\/\/evil.example \<https\:\/\/e.x\> \!\[x\](y) mailto\:a\@b.c \*\*b\*\*`;
    const { text, links } = shown(parseMarkdown(escaped));
    expect(links).toEqual([]);
    expect(text).toBe('[portal](https://evil.example) https://evil.example <https://e.x> ![x](y) mailto:a@b.c **b**');
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg/onload=alert(1)>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<a href="javascript:alert(1)">x</a>',
    '<details open ontoggle=alert(1)>',
    '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
    '</textarea><script>alert(1)</script>',
    '<!--<img src="--><img src=x onerror=alert(1)//">'
  ])('shows %s as text', (attack) => {
    for (const text of [attack, `before ${attack} after`, `- ${attack}`, `| a |\n|---|\n| ${attack} |`]) {
      const { text: visible, links } = shown(parseMarkdown(text));
      expect(visible).toContain('<');
      expect(links).toEqual([]);
    }
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java\tscript:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](data:text/html;base64,PHNjcmlwdD4=)',
    '[x](vbscript:msgbox(1))',
    '[x](file:///etc/passwd)',
    '[x](blob:https://example.org/1)',
    '<javascript:alert(1)>',
    '[x](//evil.example)',
    '[x](/api/v1/auth/logout)'
  ])('makes no link of %s', (attack) => {
    expect(shown(parseMarkdown(attack)).links).toEqual([]);
  });

  it('loads no pictures: they become a link with their description', () => {
    expect(inline('See ![the plan](https://evil.example/track.png "t")')).toEqual([
      { kind: 'text', text: 'See ' },
      { kind: 'picture', href: 'https://evil.example/track.png', own: null, description: 'the plan' }
    ]);
  });

  it.each(['![x](data:image/png;base64,AAAA)', '![x](/api/v1/auth/logout)', '![x](//evil.example/a.png)'])(
    'makes no link of the picture %s',
    (attack) => expect(shown(parseMarkdown(attack)).links).toEqual([])
  );

  const document = '/api/v1/documents/0190b1de-0000-7000-8000-00000000000a/content';

  it('shows pictures of our own documents', () => {
    expect(inline(`![plan](${document})`)).toEqual([
      { kind: 'picture', href: null, own: document, description: 'plan' }
    ]);
  });

  it.each([
    `https://evil.example${document}`,
    `//evil.example${document}`,
    `${document}?x=1`,
    `${document}/../../../auth/logout`,
    document.replace('content', '%63ontent'),
    document.replace('/api/v1/documents/', '/api/v1/documents/../'),
    '/api/v1/auth/logout',
    'data:image/svg+xml,<svg onload=alert(1)>',
    'blob:https://example.org/1'
  ])('never loads the picture %s', (source) => {
    expect(JSON.stringify(parseMarkdown(`![x](<${source}>)`))).not.toMatch(/"own":"/);
  });

  it('puts no link of a picture inside a link', () => {
    const tree = parseMarkdown('[![logo](https://a.example/l.png)](https://b.example/)');
    expect(shown(tree).links).toEqual(['https://b.example/']);
    expect(JSON.stringify(tree)).toContain('"description":"logo"');
  });

  it('stays safe at every cut of a stream', () => {
    const text = 'See <img src=x onerror=alert(1)> and [x](javascript:alert(1)) [1].';
    for (let end = 0; end <= text.length; end += 1) {
      expect(shown(parseMarkdown(text.slice(0, end), given)).links).toEqual([]);
    }
  });

  it('keeps harmless addresses', () => {
    expect(safeHref('https://example.org/a?b=c')).toBe('https://example.org/a?b=c');
    expect(safeHref('mailto:a@example.org')).toBe('mailto:a@example.org');
    expect(safeHref('nonsense')).toBeNull();
  });
});

describe('markdown tree', () => {
  it('nests emphasis and links', () => {
    expect(inline('**a *b*** [c](https://example.org/)')).toEqual([
      {
        kind: 'strong',
        children: [
          { kind: 'text', text: 'a ' },
          { kind: 'emphasis', children: [{ kind: 'text', text: 'b' }] }
        ]
      },
      { kind: 'text', text: ' ' },
      { kind: 'link', href: 'https://example.org/', children: [{ kind: 'text', text: 'c' }] }
    ]);
  });

  it('reads lists, code, tables and quotes', () => {
    const blocks = parseMarkdown(
      '## T\n\n3. a\n   - b\n\n```rust x\nlet a;\n```\n\n> q\n\n| l | r |\n|:--|--:|\n| 1 | 2 |\n\n---\n'
    );
    expect(blocks.map((block) => block.kind)).toEqual(['heading', 'list', 'code', 'quote', 'table', 'rule']);
    expect(blocks[1]).toMatchObject({ ordered: true, start: 3, items: [[{ kind: 'paragraph' }, { kind: 'list' }]] });
    expect(blocks[2]).toEqual({ kind: 'code', language: 'rust', text: 'let a;\n' });
    expect(blocks[4]).toMatchObject({ alignments: ['left', 'right'], rows: [[[{ text: '1' }], [{ text: '2' }]]] });
  });

  it('shows a code block before its fence is closed', () => {
    expect(parseMarkdown('```js\nlet a')).toEqual([{ kind: 'code', language: 'js', text: 'let a' }]);
  });

  it('knows which code is still being written', () => {
    const open = (text: string) =>
      parseMarkdown(text, given, { unfinished: true }).map((block) => block.kind === 'code' && block.open === true);
    expect(open('```js\nlet a\n```\n\n```mermaid\ngraph')).toEqual([false, true]);
    expect(open('```js\n~~~\n```')).toEqual([false]);
    expect(open('````js\n```\n')).toEqual([true]);
    expect(open('> ```js\n> a')).toEqual([false]);
  });
});

describe('citations', () => {
  const numbers = (nodes: Inline[]) => nodes.flatMap((node) => (node.kind === 'citation' ? [node.number] : []));

  it('become marks in the text', () => {
    expect(inline('Yes [1].')).toEqual([
      { kind: 'text', text: 'Yes' },
      { kind: 'citation', number: 1 },
      { kind: 'text', text: '.' }
    ]);
  });

  it('are read as lists and as neighbours', () => {
    expect(numbers(inline('a [1, 2] b [2][3]'))).toEqual([1, 2, 2, 3]);
  });

  it('stay text when they name no source', () => {
    expect(inline('a [9]')).toEqual([{ kind: 'text', text: 'a [9]' }]);
    expect(inline('a [1, 9]')).toEqual([{ kind: 'text', text: 'a [1, 9]' }]);
  });

  it('are left alone in code and in links', () => {
    expect(numbers(inline('`a[1]` [see [1]](https://example.org)'))).toEqual([]);
  });

  it('are found inside emphasis and are not swallowed as link definitions', () => {
    expect(inline('**a [1]**')).toEqual([
      {
        kind: 'strong',
        children: [
          { kind: 'text', text: 'a' },
          { kind: 'citation', number: 1 }
        ]
      }
    ]);
    expect(numbers(inline('[1]: https://example.org'))).toEqual([1]);
  });

  it('are listed once each', () => {
    expect(citedNumbers('[2] [1, 2] [3]')).toEqual([2, 1, 3]);
  });
});

describe('small marks', () => {
  it('shows tasks as boxes', () => {
    const [list] = parseMarkdown('- [ ] open\n- [x] done');
    const text = (item: number) => list?.kind === 'list' && JSON.stringify(list.items[item]);
    expect([text(0), text(1)]).toEqual([expect.stringContaining('☐ open'), expect.stringContaining('☑ done')]);
  });
});

describe('footnotes', () => {
  const note = (number: number, text: string) => ({
    number,
    blocks: [{ kind: 'paragraph', children: [{ kind: 'text', text }] }]
  });

  it('stand at the end, numbered as the text refers to them', () => {
    const blocks = parseMarkdown('One[^b] and two[^a].\n\n[^a]: Second.\n[^b]: First.\n\nMore text.');
    expect(blocks).toEqual([
      {
        kind: 'paragraph',
        children: [
          { kind: 'text', text: 'One' },
          { kind: 'footnote', number: 1 },
          { kind: 'text', text: ' and two' },
          { kind: 'footnote', number: 2 },
          { kind: 'text', text: '.' }
        ]
      },
      { kind: 'paragraph', children: [{ kind: 'text', text: 'More text.' }] },
      { kind: 'footnotes', notes: [note(1, 'First.'), note(2, 'Second.')] }
    ]);
  });

  it('may have several lines and paragraphs, and refer to others', () => {
    const blocks = parseMarkdown('A[^1]\n\n[^1]: one\ntwo[^2]\n\n    three\n\n[^2]: four\n- item');
    expect(blocks.map(({ kind }) => kind)).toEqual(['paragraph', 'list', 'footnotes']);
    const last = blocks.at(-1);
    expect(last?.kind === 'footnotes' && last.notes.map(({ number, blocks }) => [number, blocks.length])).toEqual([
      [1, 2],
      [2, 1]
    ]);
  });

  it('are shown although nothing refers to them, and once although they refer to themselves', () => {
    expect(parseMarkdown('A\n\n[^x]: alone').at(-1)).toEqual({ kind: 'footnotes', notes: [note(1, 'alone')] });
    const self = parseMarkdown('A[^1]\n\n[^1]: see [^1]').at(-1);
    expect(self?.kind === 'footnotes' && self.notes).toHaveLength(1);
  });

  it('may cite sources', () => {
    expect(JSON.stringify(parseMarkdown('A[^1]\n\n[^1]: Page 3 [2]', given))).toContain(
      '{"kind":"citation","number":2}'
    );
  });

  it('are only text where there is no note, as in a pattern', () => {
    expect(inline('The pattern [^a-z] and `[^x]`')).toEqual([
      { kind: 'text', text: 'The pattern [^a-z] and ' },
      { kind: 'code', text: '[^x]' }
    ]);
  });

  it('are numbers at once while the text is still being written', () => {
    const [first, ...rest] = parseMarkdown('A[^note]', given, { unfinished: true });
    expect(first).toMatchObject({ children: [{ text: 'A' }, { kind: 'footnote', number: 1 }] });
    expect(rest).toEqual([]);
  });
});
