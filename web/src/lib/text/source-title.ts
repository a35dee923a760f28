// What a source of an answer is called.
import type { Source } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';

/** The document's title, or that the reader may not read it any more. */
export function sourceTitle({ available, title }: Source): string {
  return available ? title : t('chat.sourceUnavailable');
}
