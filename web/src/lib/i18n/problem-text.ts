// What a problem says to a person: our sentence for its code, and the server's own words where they tell more.
import type { ApiProblem } from '$lib/api/problem';
import type { Failure } from '$lib/api/types';
import { isMessageKey, locale, t } from './index.svelte';

// Codes whose detail names the thing that is wrong. The others' details repeat the title.
const TELLING = new Set([
  'invalid_body',
  'invalid_query',
  'conflict',
  'too_large',
  'quota_exceeded',
  'unsupported_media_type',
  'model_failed',
  'unavailable'
]);

export interface ProblemText {
  title: string;
  detail: string;
}

export function problemText(problem: ApiProblem): ProblemText {
  const { error, status, title, detail } = problem.problem;
  const key = `problem.${error}`;
  if (!isMessageKey(key)) return { title: title || t('problem.title'), detail };
  return { title: t(key, { status }), detail: TELLING.has(error) ? detail : '' };
}

/** Why a document failed, with what to do about it. The server's own words are English and the more exact ones. */
export function failureText({ code, detail, hint }: Failure): { detail: string; hint: string } {
  const key = `failure.${code}`;
  const hintKey = `failure.${code}.hint`;
  if (locale.language === 'en' && detail) return { detail, hint: hint ?? '' };
  return {
    detail: isMessageKey(key) ? t(key) : detail,
    hint: isMessageKey(hintKey) ? t(hintKey) : (hint ?? '')
  };
}
