// What is wrong with a field before it is sent. The server checks again; these save a round trip.
import type { ApiProblem } from '$lib/api/problem';
import { t } from '$lib/i18n/index.svelte';
import { fieldText } from '$lib/i18n/problem-text';

/** The fault of a text that must have between `min` and `max` characters; empty when it is fine. */
export function lengthFault(value: string, min: number, max: number): string {
  const length = Array.from(value.trim()).length;
  if (length === 0 && min > 0) return t('field.required');
  if (length < min) return t('field.tooShort', { min });
  return length > max ? t('field.tooLong', { max }) : '';
}

const NEW_PASSWORD = '/password';

/** The fault of a new password. Of those with the right length the server refuses what is guessed first. */
export function passwordFault(value: string, problem: ApiProblem | null = null): string {
  return lengthFault(value, 10, 128) || (fieldText(problem, NEW_PASSWORD) ?? '');
}

/** The problem, if it is not about the new password: that stands at its field. */
export function otherThanPassword(problem: ApiProblem | null): ApiProblem | null {
  return problem?.field(NEW_PASSWORD) ? null : problem;
}

/** Looks like an address: something, an @, something. More is for the mail system to say. */
export function emailFault(value: string): string {
  if (value.trim() === '') return t('field.required');
  return /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? '' : t('field.email');
}
