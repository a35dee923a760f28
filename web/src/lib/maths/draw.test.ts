import katex from 'katex';
import { expect, it } from 'vitest';
import { moveStyles } from './draw';

const options = { throwOnError: true, strict: 'ignore', trust: false, maxExpand: 200, maxSize: 20 } as const;
const html = (tex: string) => katex.renderToString(tex, options);

it.each([
  '\\sqrt{x}',
  '\\overbrace{a+b}^n',
  '\\overrightarrow{AB}',
  '\\left\\{ \\begin{matrix}a\\\\b\\\\c\\end{matrix} \\right.'
])('no element of %s keeps a style attribute of its own', (tex) => {
  const tree = (
    katex as unknown as { __renderToDomTree(tex: string, o: object): Parameters<typeof moveStyles>[0] }
  ).__renderToDomTree(tex, options);
  moveStyles(tree);
  const open = [tree];
  for (let node = open.pop(); node; node = open.pop()) {
    expect(node.attributes?.style).toBeUndefined();
    open.push(...(node.children ?? []));
  }
});

it.each([
  '\\href{javascript:alert(1)}{x}',
  '\\includegraphics{https://evil.example/a.png}',
  '\\htmlStyle{position:fixed}{x}',
  '\\url{https://evil.example}'
])('%s draws no link and no picture', (tex) => {
  let drawn = '';
  try {
    drawn = html(tex);
  } catch {
    // A formula that is refused is shown as its source.
  }
  expect(drawn).not.toMatch(/<(?:a|img)\b|style="[^"]*position:fixed/);
});

it.each([
  '\\def\\a{\\a\\a}\\a',
  '\\newcommand{\\x}{\\x\\x}\\x',
  '{'.repeat(1_500) + '}'.repeat(1_500),
  '\\frac'.repeat(400)
])('a formula that would grow without end is refused soon: %.20s', (tex) => {
  const begun = performance.now();
  try {
    html(tex);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error);
  }
  expect(performance.now() - begun).toBeLessThan(2_000);
});
