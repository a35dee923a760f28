// Markdown to a tree that components render. No HTML is ever made from an answer, so none can run.
import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { withCitations } from './citations';
import { withFootnotes, type FootnoteEnv } from './footnotes';
import { withMaths } from './maths';
import { UNCITED, withoutSigns, withSigns, type Span } from './uncited';

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'math'; tex: string }
  | { kind: 'break' }
  | { kind: 'citation'; number: number }
  /** Behind a sentence that cites no source. */
  | { kind: 'uncited' }
  | { kind: 'strong'; children: Inline[] }
  | { kind: 'emphasis'; children: Inline[] }
  | { kind: 'strike'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] }
  /** `own`: a picture of ours, which is shown. Else `href` is where a link may lead, null where none may. */
  | { kind: 'picture'; href: string | null; own: string | null; description: string }
  | { kind: 'footnote'; number: number };

export type Alignment = 'left' | 'center' | 'right' | null;

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'heading'; level: number; children: Inline[] }
  /** `open`: its end has not come yet. */
  | { kind: 'code'; language: string; text: string; open?: true }
  | { kind: 'math'; tex: string; open: boolean }
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

withMaths(markdown);

/** A longer text is shown as it is: 200 000 characters are more than models write, and the worst of them take about a second. */
export const MOST_MARKDOWN = 200_000;
/** Formulas that are drawn of one text; the others stay their source. */
const MOST_FORMULAS = 500;

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

/** Paths of ours that give the bytes of a picture, and do nothing else when they are read. */
const OWN_PICTURE = /^\/api\/v1\/documents\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/content$/;

/** The path of a picture of ours; null for any other address, so that no answer makes the browser call anything. */
export function ownPicture(source: string): string | null {
  const origin = typeof location === 'undefined' ? null : location.origin;
  const path = origin && source.startsWith(`${origin}/`) ? source.slice(origin.length) : source;
  return OWN_PICTURE.test(path) ? path : null;
}

interface ParseOptions {
  /** More of the text may come. */
  unfinished?: boolean;
  /** Sentences behind which a mark stands. */
  uncited?: readonly Span[];
}

/** Blocks of a Markdown text. `[n]` becomes a citation where `n` is one of `sources`. */
export function parseMarkdown(
  written: string,
  sources: ReadonlySet<number> = new Set(),
  { unfinished = false, uncited = [] }: ParseOptions = {}
): Block[] {
  if (written.length > MOST_MARKDOWN) return plainBlocks(written);
  const signs = uncited.length > 0 && !written.includes(UNCITED);
  const text = signs ? withSigns(written, uncited) : written;
  const env: FootnoteEnv = { unfinished };
  const openFrom = unfinished ? openFence(text) : null;
  const context: Context = { sources, signs, labels: new Map(), formulas: 0, openFrom };
  const blocks = new TreeBuilder(markdown.parse(text, env), context).blocks();
  const notes: Note[] = [];
  context.openFrom = null;
  env.complete = true;
  // A note may refer to further ones. One that nothing refers to is shown all the same: no part of an answer is dropped.
  const done = new Set<string>();
  const draw = (label: string): void => {
    if (done.has(label)) return;
    done.add(label);
    const number = numberOf(label, context.labels);
    const note = new TreeBuilder(markdown.parse(env.notes?.get(label) ?? '', env), context).blocks();
    if (note.length > 0) notes.push({ number, blocks: note });
  };
  // A map that grows while it is walked gives what was added, too.
  for (const label of context.labels.keys()) draw(label);
  for (const label of env.notes?.keys() ?? []) draw(label);
  notes.sort((one, other) => one.number - other.number);
  return notes.length > 0 ? [...blocks, { kind: 'footnotes', notes }] : blocks;
}

/** A text without any Markdown, in paragraphs. */
function plainBlocks(text: string): Block[] {
  return text.split(/\n{2,}/).map((part) => ({ kind: 'paragraph', children: [{ kind: 'text', text: part }] }));
}

/** The line of the fence that is open at the end of a text; null if none is. */
function openFence(text: string): number | null {
  let open: { mark: string; line: number } | null = null;
  for (const [line, content] of text.split('\n').entries()) {
    const mark = /^[\s>]*(`{3,}|~{3,})/.exec(content.slice(0, 200))?.[1];
    if (!mark) continue;
    if (!open) open = { mark, line };
    else if (mark[0] === open.mark[0] && mark.length >= open.mark.length) open = null;
  }
  return open?.line ?? null;
}

interface Context {
  sources: ReadonlySet<number>;
  /** The text has signs behind sentences without a source. */
  signs: boolean;
  /** Numbers of footnotes by their labels, in the order in which they are referred to. */
  labels: Map<string, number>;
  /** Formulas so far. */
  formulas: number;
  /** The line of a fence whose end has not come yet. */
  openFrom: number | null;
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
        return this.#code(token);
      case 'math_block':
        return mathBlock(token, this.context);
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

  #code(token: Token): Block {
    const language = token.info.trim().split(/\s+/)[0] ?? '';
    const open = this.context.openFrom !== null && token.map?.[0] === this.context.openFrom;
    return { kind: 'code', language, text: contentOf(token, this.context), ...(open ? { open } : {}) };
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
    let children: Inline[] = [];
    for (let token = this.#next(); token && token.type !== end; token = this.#next()) {
      // Never spread as arguments: a hostile text has more nodes than a call can take.
      children = children.concat(inlineTree(token.children ?? [], this.context));
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

function inlineTree(tokens: Token[], context: Context): Inline[] {
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
      here.push({ kind: 'footnote', number: numberOf(token.content, context.labels) });
    } else if (token.type === 'math_inline') {
      here.push(mathInline(token, context));
    } else {
      here.push(
        leaf(
          token,
          open.some(({ kind }) => kind === 'link'),
          context
        )
      );
    }
  }
  return withCitations(root, context.sources, context.signs);
}

/** What a token holds that is not drawn as prose: no mark stands in it. */
function contentOf({ content }: Token, { signs }: Context): string {
  return signs ? withoutSigns(content) : content;
}

function numberOf(label: string, labels: Map<string, number>): number {
  const known = labels.get(label);
  if (known !== undefined) return known;
  labels.set(label, labels.size + 1);
  return labels.size;
}

function mathBlock(token: Token, context: Context): Block {
  const tex = contentOf(token, context);
  const open = token.meta?.open === true;
  context.formulas += 1;
  return context.formulas > MOST_FORMULAS ? { kind: 'code', language: 'tex', text: tex } : { kind: 'math', tex, open };
}

function mathInline(token: Token, context: Context): Inline {
  const tex = contentOf(token, context);
  context.formulas += 1;
  return context.formulas > MOST_FORMULAS ? { kind: 'code', text: tex } : { kind: 'math', tex };
}

function opened(token: Token): Extract<Inline, { children: Inline[] }> {
  if (token.type === 'link_open') {
    const href = safeHref(String(token.attrGet('href') ?? ''));
    return href === null ? { kind: 'emphasis', children: [] } : { kind: 'link', href, children: [] };
  }
  return { kind: SPANS[token.tag] ?? 'emphasis', children: [] };
}

function leaf(token: Token, linked: boolean, context: Context): Inline {
  if (token.type === 'image') {
    // A link inside a link is not possible.
    const source = String(token.attrGet('src') ?? '');
    return {
      kind: 'picture',
      href: linked ? null : safeHref(source),
      own: ownPicture(source),
      description: contentOf(token, context)
    };
  }
  if (token.type === 'code_inline') return { kind: 'code', text: contentOf(token, context) };
  if (token.type === 'hardbreak') return { kind: 'break' };
  if (token.type === 'softbreak') return { kind: 'text', text: '\n' };
  return { kind: 'text', text: token.content };
}
