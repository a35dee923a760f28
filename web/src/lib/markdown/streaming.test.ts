import { expect, it } from 'vitest';
import { completed } from './streaming';

it.each([
  ['The fee is **101 k', 'The fee is **101 k**'],
  ['The fee is **101 kr*', 'The fee is **101 kr**'],
  ['The fee is **101 kr**', 'The fee is **101 kr**'],
  ['The fee is **', 'The fee is '],
  ['Run `npm', 'Run `npm`'],
  ['It is allowed [1', 'It is allowed '],
  ['It is allowed [1]', 'It is allowed [1]'],
  ['See [the page](https://exa', 'See '],
  ['See ![the plan](https://exa', 'See '],
  ['It is allowed[^no', 'It is allowed'],
  ['**Old** text\n\nand **new', '**Old** text\n\nand **new**'],
  ['```\nlet a = "**";', '```\nlet a = "**";']
])('%j is drawn as %j', (text, drawn) => {
  expect(completed(text)).toBe(drawn);
});
