// When somebody leaves, the next person at this browser starts with nothing of theirs.
import { auditLog } from './audit.svelte';
import { closeAllConversations } from './open-conversations';
import { session } from './session.svelte';
import { uploads } from './uploads.svelte';
import { workspace } from './workspace.svelte';

/** Forgets who was signed in and all that was read for them. */
export function forgetPerson(): void {
  session.user = null;
  closeAllConversations();
  uploads.cancelAll();
  workspace.forget();
  auditLog.forget();
}
