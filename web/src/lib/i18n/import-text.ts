// What came of an import, in words.
import type { ConversationImport } from '$lib/api/types';
import { counted, isMessageKey, locale, t, type CountedKey } from './index.svelte';

/** "2 pictures and 1 file"; a kind that this page does not know counts as another part. */
export function partsText(leftOut: Record<string, number>): string {
  const parts = Object.entries(leftOut).map(([kind, count]) => {
    const known = isMessageKey(`import.part.${kind}.other`);
    return counted(`import.part.${known ? kind : 'other'}` as CountedKey, count);
  });
  return new Intl.ListFormat(locale.tag, { type: 'conjunction' }).format(parts);
}

export function entryText({ outcome, left_out }: ConversationImport['report'][number]): string {
  if (outcome === 'partial') return t('import.outcome.partial', { parts: partsText(left_out) });
  return t(`import.outcome.${outcome}`);
}

/** Why it failed; the server's own words are English. */
export function failureText(code: string): string {
  const key = `import.failed.${code}`;
  return t(isMessageKey(key) ? key : 'import.failed.other');
}

/** "12 conversations imported · 80 messages · 3 were already here" */
export function outcomeText(found: ConversationImport): string {
  return [
    counted('import.imported', found.imported),
    ...(found.messages ? [counted('import.messages', found.messages)] : []),
    ...(found.duplicates ? [counted('import.duplicates', found.duplicates)] : []),
    ...(found.skipped ? [counted('import.skipped', found.skipped)] : [])
  ].join(' · ');
}
