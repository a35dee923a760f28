// Which code blocks are diagrams, and which of them are drawn.

/** A larger diagram stays its source. */
export const MOST_DIAGRAM = 20_000;

export function isDiagram(language: string): boolean {
  return language.toLowerCase() === 'mermaid';
}
