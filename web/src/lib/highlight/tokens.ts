// Coloured code as a flat list: text, and which of our colours it has.

/** The colours; each is a class `code-…` of CodeText.svelte. */
export const KINDS = [
  'keyword',
  'string',
  'number',
  'comment',
  'name',
  'type',
  'attribute',
  'meta',
  'added',
  'removed'
] as const;
export type Kind = (typeof KINDS)[number];

export interface Token {
  text: string;
  kind: Kind | null;
}

/** Scopes of highlight.js that have a colour here; the first part of a scope such as `title.function_` counts. */
const SCOPES: Record<string, Kind> = {
  keyword: 'keyword',
  'selector-tag': 'keyword',
  doctag: 'keyword',
  section: 'keyword',
  name: 'keyword',
  string: 'string',
  regexp: 'string',
  char: 'string',
  link: 'string',
  code: 'string',
  number: 'number',
  literal: 'number',
  symbol: 'number',
  bullet: 'number',
  comment: 'comment',
  quote: 'comment',
  title: 'name',
  built_in: 'name',
  type: 'type',
  class: 'type',
  attr: 'attribute',
  attribute: 'attribute',
  property: 'attribute',
  variable: 'attribute',
  'template-variable': 'attribute',
  'selector-class': 'attribute',
  'selector-id': 'attribute',
  'selector-attr': 'attribute',
  'selector-pseudo': 'attribute',
  meta: 'meta',
  addition: 'added',
  deletion: 'removed'
};

/** The parts of a tree of lowlight (hast) that matter here. */
export interface Tree {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: Tree[];
}

/** The texts of a tree with the colour of the innermost scope that has one; neighbours of one colour are joined. */
export function flatten(tree: Tree): Token[] {
  const tokens: Token[] = [];
  // A stack of its own: a hostile text may nest deeper than calls can.
  const open: { node: Tree; kind: Kind | null }[] = [{ node: tree, kind: null }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node } = next;
    if (node.type === 'text' && node.value) {
      const last = tokens.at(-1);
      if (last && last.kind === next.kind) last.text += node.value;
      else tokens.push({ text: node.value, kind: next.kind });
    }
    const kind = kindOf(node) ?? next.kind;
    for (const child of (node.children ?? []).toReversed()) open.push({ node: child, kind });
  }
  return tokens;
}

function kindOf({ properties }: Tree): Kind | null {
  const [scope] = Array.isArray(properties?.className) ? properties.className : [];
  return typeof scope === 'string' ? (SCOPES[scope.replace(/^hljs-/, '')] ?? null) : null;
}

/** A text in the colours that were found for its beginning; what was written since has none yet. */
export function coloured(text: string, known: { text: string; tokens: Token[] } | null): Token[] {
  if (!known || !text.startsWith(known.text)) return text ? [{ text, kind: null }] : [];
  const rest = text.slice(known.text.length);
  return rest ? [...known.tokens, { text: rest, kind: null }] : known.tokens;
}
