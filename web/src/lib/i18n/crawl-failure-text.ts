// Why a page was not taken, or a crawl ended as it did. The server's own words are clauses about an address; ours stand alone.
import type { Failure } from '$lib/api/types';
import { isMessageKey, t } from './index.svelte';
import { failureText } from './problem-text';

export function crawlFailureText(failure: Failure): { detail: string; hint: string } {
  const key = `crawlFailure.${failure.code}`;
  const hint = `crawlFailure.${failure.code}.hint`;
  // What the reader of pages says is as for documents.
  if (!isMessageKey(key)) return failureText(failure);
  const status = /\b[1-5]\d\d\b/.exec(failure.detail)?.[0] ?? '–';
  return { detail: t(key, { status }), hint: isMessageKey(hint) ? t(hint) : '' };
}
