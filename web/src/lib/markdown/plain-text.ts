// What a tree says, as text: for tables that are saved, and for reading aloud.
import type { Block, Inline } from './parse';

/**
 * The text of inline nodes, as they are read; citations as `[1]`, formulas as their source. To be spoken: without citations, and
 * with a word of `formula` for one that no voice could say.
 */
export function inlineText(nodes: readonly Inline[], spoken: { formula: string } | null = null): string {
  return nodes
    .map((node): string => {
      switch (node.kind) {
        case 'text':
        case 'code':
          return node.text;
        case 'math':
          return spoken && /[\\^_{]/.test(node.tex) ? spoken.formula : node.tex;
        case 'break':
          return '\n';
        case 'citation':
        case 'footnote':
          return spoken ? '' : ` [${node.number}]`;
        case 'uncited':
          return '';
        case 'picture':
          return node.description;
        default:
          return inlineText(node.children, spoken);
      }
    })
    .join('');
}

/** Head and rows of a table as texts. */
export function tableRows({ head, rows }: Extract<Block, { kind: 'table' }>): string[][] {
  return [head, ...rows].map((row) => row.map((cell) => inlineText(cell).trim()));
}
