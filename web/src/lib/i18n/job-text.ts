// Jobs in words: what they do, and why they failed.
import type { Failure, Job } from '$lib/api/types';
import { isMessageKey, t } from './index.svelte';
import { failureText } from './problem-text';

export function jobKindText({ kind }: Pick<Job, 'kind'>): string {
  const key = `job.kind.${kind}`;
  // A newer server may have kinds that this page does not know.
  return isMessageKey(key) ? t(key) : t('job.kind.other');
}

/** What went wrong and what to do, in the language of the page. */
export function jobErrorText(error: Failure): string {
  const own = `job.failure.${error.code}`;
  if (isMessageKey(own)) return t(own);
  const { detail, hint } = failureText(error);
  return [detail, hint].filter(Boolean).join(' ');
}
