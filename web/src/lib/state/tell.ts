// A failure that has no place of its own on the page, told at the edge of it.
import { asProblem } from '$lib/api/problem';
import { problemText } from '$lib/i18n/problem-text';
import { toasts } from './toasts.svelte';

export function tell(thrown: unknown): void {
  const { title, detail } = problemText(asProblem(thrown));
  toasts.show([title, detail].filter(Boolean).join(' '), 'problem');
}
