// Ids of footnotes: each answer on a page has a footnote 1 of its own.
import { getContext, setContext } from 'svelte';

const KEY = Symbol('footnotes');

/** Says whose footnotes those of the components inside are. */
export function nameFootnotes(answer: string): void {
  setContext(KEY, answer);
}

export function footnoteIds(): { note: (number: number) => string } {
  const answer = getContext<string | undefined>(KEY) ?? '';
  return { note: (number) => `note-${answer}-${number}` };
}

/** Goes there without another entry in the history: "back" leads to the page before, not to the footnote before. */
export function jumpTo(event: MouseEvent, target: Element | null): void {
  event.preventDefault();
  if (target instanceof HTMLElement) target.focus();
}
