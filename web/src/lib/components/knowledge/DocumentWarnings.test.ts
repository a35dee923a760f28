import { render } from 'svelte/server';
import { expect, it } from 'vitest';
import DocumentWarnings from './DocumentWarnings.svelte';

const html = (...kinds: string[]) => {
  const leftOut = ['skipped_navigation', 'hidden_text'];
  const of = (kind: string) => (leftOut.includes(kind) ? ('left_out' as const) : ('loss' as const));
  const warnings = kinds.map((kind) => ({ kind, class: of(kind), count: 3, pages: [], page_counts: [] }));
  return render(DocumentWarnings, { props: { document: { warnings, duplicate_of: null } } }).body;
};

it('raises no alarm over menus and hidden text, and says so behind a fold', () => {
  const shown = html('skipped_navigation', 'hidden_text');
  expect(shown).not.toContain('Not everything in this document could be read');
  expect(shown).toMatch(/<details.*Left out on purpose.*3 characters of menus.*3 hidden characters/s);
});

it('names what was lost in the open', () => {
  const shown = html('unmapped_letters', 'skipped_navigation');
  expect(shown).toMatch(/Not everything in this document could be read.*3 letters.*<\/aside>.*<details/s);
});
