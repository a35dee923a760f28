// Markdown to a tree that components render. No HTML is ever made from an answer, so none can run.
import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { withCitations } from './citations';
import { withFootnotes, type FootnoteEnv } from './footnotes';

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'break' }
  | { kind: 'citation'; number: number }
  | { kind: 'strong'; children: Inline[] }
  | { kind: 'emphasis'; children: Inline[] }
  | { kind: 'strike'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] }
  /** Where a picture would stand; it is not loaded. Without an address where a link may not lead there. */
  | { kind: 'picture'; href: string | null; description: string }
  | { kind: 'footnote'; number: number };

export type Alignment = 'left' | 'center' | 'right' | null;

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { kind: 'table'; alignments: Alignment[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' }
  /** At the end, in the order in which the text refers to them. */
  | { kind: 'footnotes'; notes: Note[] };

export interface Note {
  number: number;
  blocks: Block[];
}

const markdown = new MarkdownIt({ html: false, linkify: true, typographer: false });
// `[1]: …` would swallow citations.
markdown.disable('reference');
withFootnotes(markdown);
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

// TeX between \( \) and \[ \] is not drawn, and must not be read as escapes either: then its backslashes would be gone.
markdown.inline.ruler.before('escape', 'tex', (state, silent) => {
  const startsLine = state.pos === 0 || state.src[state.pos - 1] === '\n';
  // A displayed formula has its lines to itself; elsewhere \[ is a bracket that is none of Markdown.
  const tex = startsLine ? /^\\(?:\([\s\S]+?\\\)|\[[\s\S]+?\\\](?=[^\S\n]*(?:\n|$)))/ : /^\\\([\s\S]+?\\\)/;
  const found = tex.exec(state.src.slice(state.pos));
  if (!found) return false;
  if (!silent) state.push('code_inline', 'code', 0).content = found[0];
  state.pos += found[0].length;
  return true;
});

const SAFE_SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/** The address where a link may lead, or null where its scheme is not harmless. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href);
    return SAFE_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Blocks of a Markdown text. `[n]` becomes a citation where `n` is one of `sources`. `unfinished`: more of it may come. */
export function parseMarkdown(
  text: string,
  sources: ReadonlySet<number> = new Set(),
  { unfinished = false } = {}
): Block[] {
  const env: FootnoteEnv = { unfinished };
  const context: Context = { sources, labels: [] };
  const blocks = new TreeBuilder(markdown.parse(text, env), context).blocks();
  const notes: Note[] = [];
  const written = () => Array.from(env.notes?.keys() ?? []);
  // A note may refer to further ones. One that nothing refers to is shown all the same: no part of an answer is dropped.
  for (let at = 0; ; at += 1) {
    const label = context.labels[at] ?? written().find((one) => !context.labels.includes(one));
    if (label === undefined) break;
    const number = numberOf(label, context.labels);
    const note = new TreeBuilder(markdown.parse(env.notes?.get(label) ?? '', env), context).blocks();
    if (note.length > 0) notes.push({ number, blocks: note });
  }
  return notes.length > 0 ? [...blocks, { kind: 'footnotes', notes }] : blocks;
}

interface Context {
  sources: ReadonlySet<number>;
  /** Labels of footnotes in the order in which they are referred to. */
  labels: string[];
}

class TreeBuilder {
  #at = 0;

  constructor(
    private readonly tokens: Token[],
    private readonly context: Context
  ) {}

  /** Blocks up to the token of type `end`, which is consumed. */
  blocks(end?: string): Block[] {
    const blocks: Block[] = [];
    for (let token = this.#next(); token && token.type !== end; token = this.#next()) {
      const block = this.#block(token);
      if (block) blocks.push(block);
    }
    return blocks;
  }

  #next(): Token | undefined {
    return this.tokens[this.#at++];
  }

  #block(token: Token): Block | null {
    switch (token.type) {
      case 'paragraph_open':
        return { kind: 'paragraph', children: this.#inlineUntil('paragraph_close') };
      case 'heading_open':
        return { kind: 'heading', level: Number(token.tag.slice(1)), children: this.#inlineUntil('heading_close') };
      case 'fence':
      case 'code_block':
        return { kind: 'code', language: token.info.trim().split(/\s+/)[0] ?? '', text: token.content };
      case 'blockquote_open':
        return { kind: 'quote', blocks: this.blocks('blockquote_close') };
      case 'bullet_list_open':
        return { kind: 'list', ordered: false, start: 1, items: this.#items('bullet_list_close') };
      case 'ordered_list_open':
        return {
          kind: 'list',
          ordered: true,
          start: Number(token.attrGet('start') ?? 1),
          items: this.#items('ordered_list_close')
        };
      case 'table_open':
        return this.#table();
      case 'hr':
        return { kind: 'rule' };
      default:
        // A kind of block that we do not know is shown as the text that it is.
        return token.content ? { kind: 'paragraph', children: [{ kind: 'text', text: token.content }] } : null;
    }
  }

  #items(end: string): Block[][] {
    const items: Block[][] = [];
    for (let token = this.#next(); token && token.type !== end; token = this.#next()) {
      if (token.type === 'list_item_open') items.push(withTask(this.blocks('list_item_close')));
    }
    return items;
  }

  #table(): Block {
    const alignments: Alignment[] = [];
    const rows: Inline[][][] = [];
    for (let token = this.#next(); token && token.type !== 'table_close'; token = this.#next()) {
      if (token.type === 'tr_open') rows.push([]);
      if (token.type !== 'th_open' && token.type !== 'td_open') continue;
      if (token.type === 'th_open') alignments.push(alignment(token));
      rows.at(-1)?.push(this.#inlineUntil(token.type.replace('open', 'close')));
    }
    const [head = [], ...body] = rows;
    return { kind: 'table', alignments, head, rows: body };
  }

  #inlineUntil(end: string): Inline[] {
    const children: Inline[] = [];
    for (let token = this.#next(); token && token.type !== end; token = this.#next()) {
      children.push(...inlineTree(token.children ?? [], this.context));
    }
    return children;
  }
}

/** `[ ]` and `[x]` at the beginning of an item as boxes. */
function withTask(item: Block[]): Block[] {
  const first = item[0]?.kind === 'paragraph' ? item[0].children[0] : undefined;
  if (first?.kind === 'text') first.text = first.text.replace(/^\[ \] /, '☐ ').replace(/^\[[xX]\] /, '☑ ');
  return item;
}

function alignment(token: Token): Alignment {
  const style = token.attrGet('style') ?? '';
  return (/text-align:(left|center|right)/.exec(String(style))?.[1] as Alignment | undefined) ?? null;
}

const SPANS: Record<string, 'strong' | 'emphasis' | 'strike'> = { strong: 'strong', em: 'emphasis', s: 'strike' };

function inlineTree(tokens: Token[], { sources, labels }: Context): Inline[] {
  const root: Inline[] = [];
  const open: { kind?: Inline['kind']; children: Inline[] }[] = [{ children: root }];
  for (const token of tokens) {
    const here = open.at(-1)?.children ?? root;
    if (token.nesting === 1) {
      const node = opened(token);
      here.push(node);
      open.push(node);
    } else if (token.nesting === -1) {
      if (open.length > 1) open.pop();
    } else if (token.type === 'footnote') {
      here.push({ kind: 'footnote', number: numberOf(token.content, labels) });
    } else {
      here.push(
        leaf(
          token,
          open.some(({ kind }) => kind === 'link')
        )
      );
    }
  }
  return withCitations(root, sources);
}

function numberOf(label: string, labels: string[]): number {
  if (!labels.includes(label)) labels.push(label);
  return labels.indexOf(label) + 1;
}

function opened(token: Token): Extract<Inline, { children: Inline[] }> {
  if (token.type === 'link_open') {
    const href = safeHref(String(token.attrGet('href') ?? ''));
    return href === null ? { kind: 'emphasis', children: [] } : { kind: 'link', href, children: [] };
  }
  return { kind: SPANS[token.tag] ?? 'emphasis', children: [] };
}

function leaf(token: Token, linked: boolean): Inline {
  if (token.type === 'image') {
    // A link inside a link is not possible.
    const href = linked ? null : safeHref(String(token.attrGet('src') ?? ''));
    return { kind: 'picture', href, description: token.content };
  }
  if (token.type === 'code_inline') return { kind: 'code', text: token.content };
  if (token.type === 'hardbreak') return { kind: 'break' };
  if (token.type === 'softbreak') return { kind: 'text', text: '\n' };
  return { kind: 'text', text: token.content };
}
