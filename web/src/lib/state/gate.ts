// Pages of the administration say at once who may see them.
import { error } from '@sveltejs/kit';
import { t } from '$lib/i18n/index.svelte';
import { allows, type Permission } from './permissions';
import { session } from './session.svelte';

/** Throws the error page where the signed-in person has none of these. */
export function requirePermission(...wanted: Permission[]): void {
  if (!allows(session.user, ...wanted)) error(403, { message: t('admin.notAllowed'), code: 'not_allowed' });
}
