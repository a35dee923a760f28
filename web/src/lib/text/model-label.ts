// What an embedding model is called: the built-in ones by what they read, others by their own name.
import { isMessageKey, t } from '$lib/i18n/index.svelte';

export function modelLabel(id: string): string {
  const key = `model.${id}`;
  return isMessageKey(key) ? t(key) : id;
}
