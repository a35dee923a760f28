// What a source of an answer is called.
import type { Source } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';

/**
 * What tells a source apart from another one with the same title: the file, and the collection where the files
 * have one name as well. Empty where the title tells enough, and in answers of older servers.
 */
export function sourceOrigin(source: Source, sources: readonly Source[]): string {
  if (!source.available) return '';
  const twins = sources.filter(
    ({ document_id, title }) => title === source.title && document_id !== source.document_id
  );
  if (!twins.length) return '';
  const sameFile = twins.some(({ filename }) => filename === source.filename);
  return [source.filename, sameFile ? source.collection : null].filter(Boolean).join(' · ');
}

/** The document's title, or that the reader may not read it any more. */
export function sourceTitle({ available, title }: Source): string {
  return available ? title : t('chat.sourceUnavailable');
}
