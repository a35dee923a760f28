// Draws formulas with KaTeX: loaded with the first formula, and given nothing that could load, run or link anything.
import 'katex/dist/katex-swap.min.css';
import katex from 'katex';

/** Limits of one formula: expanded macros, and the largest size that it may ask for, in em. */
const LIMITS = { maxExpand: 200, maxSize: 20 };

/** The parts of KaTeX's tree that are walked. */
interface Node {
  attributes?: Record<string, string>;
  children?: Node[];
  toNode?(): globalThis.Node;
}

interface WithTree {
  __renderToDomTree(tex: string, options: object): Node;
}

/** The elements of a formula, with MathML for screen readers. Throws if it is no TeX that KaTeX knows. */
export function drawFormula(tex: string, display: boolean): globalThis.Node {
  const options = { displayMode: display, throwOnError: true, strict: 'ignore', trust: false, ...LIMITS };
  const tree = (katex as unknown as WithTree).__renderToDomTree(tex, options);
  moveStyles(tree);
  const element = tree.toNode?.();
  if (!element) throw new Error('expected elements of KaTeX, got none');
  if (element instanceof Element) {
    for (const styled of element.querySelectorAll<HTMLElement | SVGElement>('[data-style]')) {
      styled.style.cssText = styled.dataset.style ?? '';
      styled.removeAttribute('data-style');
    }
  }
  return element;
}

/** Few elements get a style attribute, which `style-src 'self'` refuses; properties that a script sets are allowed. */
export function moveStyles(root: Node): void {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.attributes?.style) {
      const { style, ...others } = node.attributes;
      node.attributes = { ...others, 'data-style': style };
    }
    open.push(...(node.children ?? []));
  }
}
