// What a problem says to a person: our sentence for its code, and the server's own words where they tell more.
import type { ApiProblem } from '$lib/api/problem';
import type { Failure, FieldProblem } from '$lib/api/types';
import { formatDateTime, isMessageKey, locale, t } from './index.svelte';
import { quotaReachedText } from './quota-reached-text';
import { reasonText } from './reason-text';

// Codes whose detail names the thing that is wrong. The others' details repeat the title.
const HELPFUL = new Set([
  'invalid_body',
  'invalid_query',
  'conflict',
  'quota_exceeded',
  'usage_quota_reached',
  'price_missing',
  'unsupported_media_type',
  'model_failed',
  'unavailable'
]);

export interface ProblemText {
  title: string;
  detail: string;
}

export function problemText(problem: ApiProblem): ProblemText {
  const { error, status, title, errors, reason } = problem.problem;
  const key = `problem.${error}`;
  if (!isMessageKey(key))
    return { title: ownWords(title) || t('problem.title'), detail: ownWords(problem.problem.detail) };
  const reached = error === 'usage_quota_reached' ? quotaReachedText(problem.problem) : null;
  if (reached) return reached;
  // What is wrong with a field stands beside the field; here its JSON pointer would only be noise.
  if (error === 'too_large') return { title: t(key), detail: limitText(problem.problem) };
  // A sentence of ours that says what to do needs no title above it.
  const words = problem.words || reasonText(reason);
  if (error === 'conflict' && words) return { title: words, detail: '' };
  const explained = words || errors?.map(faultText).join(' ') || ownWords(problem.problem.detail);
  const shown = HELPFUL.has(error) ? explained : '';
  const wait = error === 'model_failed' ? waitText(problem.problem.retry_at) : '';
  return { title: t(key, { status }), detail: [shown, wait].filter(Boolean).join(' ') };
}

/** When a model that failed can be asked again, as long as that is to come. */
function waitText(retryAt: string | null | undefined): string {
  return retryAt && Date.parse(retryAt) > Date.now() ? t('problem.retryAt', { time: formatDateTime(retryAt) }) : '';
}

/** The server names its limit in bytes, an older one in MiB; people and their file managers say MB. */
function limitText({ reason, detail }: ApiProblem['problem']): string {
  const bytes = reason?.code === 'file_too_large' ? Number(reason.max) : NaN;
  const limit = Number.isFinite(bytes) ? String(Math.floor(bytes / 2 ** 20)) : /(\d+) MiB/.exec(detail)?.[1];
  return limit === undefined ? '' : t('upload.limit', { size: limit });
}

/** What is wrong with one member of the body (`/name`), in the language of the page; undefined if it is right. */
export function fieldText(problem: ApiProblem | null | undefined, pointer: string): string | undefined {
  const fault = problem?.field(pointer);
  return fault && faultText(fault);
}

function faultText({ reason, detail }: FieldProblem): string {
  return reasonText(reason) || ownWords(detail) || t('field.refused');
}

/** The server writes English. Its sentences are shown as sentences, and not at all on a page in another language. */
function ownWords(detail: string): string {
  if (locale.language !== 'en' || detail === '') return '';
  return detail.charAt(0).toUpperCase() + detail.slice(1) + (/[.!?…]$/.test(detail) ? '' : '.');
}

// Reading these again ends the same.
const FINAL_FAILURES = new Set([
  'empty_file',
  'unsupported_type',
  'encrypted',
  'broken_file',
  'no_text',
  'picture_too_large',
  'too_many_pages',
  'too_much_text',
  'zip_bomb'
]);

/** Whether processing a failed document again may end better. */
export function mayHelpAgain(failure: Failure | null): boolean {
  return failure === null || !FINAL_FAILURES.has(failure.code);
}

/** Why a document failed, with what to do about it. The server's own words are English and the more exact ones. */
export function failureText({ code, detail, hint }: Failure): { detail: string; hint: string } {
  const key = `failure.${code}`;
  const hintKey = `failure.${code}.hint`;
  if (locale.language === 'en' && detail) return { detail, hint: hint ?? '' };
  return {
    // A newer worker may know codes that this page does not.
    detail: isMessageKey(key) ? t(key) : t('failure.other', { code }),
    hint: isMessageKey(hintKey) ? t(hintKey) : ''
  };
}
