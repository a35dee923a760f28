// When somebody leaves, the next person at this browser starts with nothing of theirs.
import { auditLog } from './audit.svelte';
import { folders } from './folders.svelte';
import { forgetMentionNames } from './mention-names';
import { closeAllConversations } from './open-conversations';
import { personal } from './personal.svelte';
import { session } from './session.svelte';
import { switcherPlaces } from './switcher-places.svelte';
import { temporaryChat } from './temporary-chat.svelte';
import { uploads } from './uploads.svelte';
import { workspace } from './workspace.svelte';

/** Forgets who was signed in and all that was read for them. */
export function forgetPerson(): void {
  session.user = null;
  closeAllConversations();
  temporaryChat.forget();
  uploads.cancelAll();
  personal.forget();
  switcherPlaces.forget();
  forgetMentionNames();
  workspace.forget();
  folders.forget();
  auditLog.forget();
}
