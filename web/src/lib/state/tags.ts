// The tags of one's own conversations.
import { answer, api } from '$lib/api/client';
import type { Tag } from '$lib/api/types';

export const MOST_TAGS = 20;
export const MOST_TAG_CHARACTERS = 40;

/** Those of most conversations first. */
export async function readTags(): Promise<Tag[]> {
  return (await answer(api.GET('/api/v1/conversation-tags'))).tags;
}

/** A list with one more tag, unless it has it in any case. */
export function withTag(tags: string[], typed: string): string[] {
  const tag = typed.normalize('NFC').trim();
  const known = tags.some((old) => old.toLowerCase() === tag.toLowerCase());
  return tag === '' || known ? tags : [...tags, tag];
}
