// Questions that are typed but not sent. They stay with this tab, through a reload and through signing in again, and belong to one person.
import { session } from './session.svelte';

const PREFIX = 'tessera.draft.';
/** The place of the question that begins a conversation. */
export const NEW_CHAT = 'new';

const keyOf = (place: string) => `${PREFIX}${session.user?.id ?? ''}.${place}`;

/** The text that was typed at a place: a conversation's id, or `NEW_CHAT`. */
export function readDraft(place: string): string {
  try {
    return sessionStorage.getItem(keyOf(place)) ?? '';
  } catch {
    return '';
  }
}

export function writeDraft(place: string, text: string): void {
  // The page may still draw a box after its person has been signed out.
  if (!session.user) return;
  try {
    if (text === '') sessionStorage.removeItem(keyOf(place));
    else sessionStorage.setItem(keyOf(place), text);
  } catch {
    // Storage may be forbidden or full: then the text is lost with the page.
  }
}

/** Removes the signed-in person's drafts: they sign out on purpose. */
export function dropDrafts(): void {
  try {
    const own = keyOf('');
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(own)) sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
