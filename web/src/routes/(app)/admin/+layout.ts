import { error } from '@sveltejs/kit';
import { t } from '$lib/i18n/index.svelte';
import { administration } from '$lib/state/administration';
import { session } from '$lib/state/session.svelte';

export async function load({ parent }) {
  await parent();
  if (administration(session.user).length === 0) {
    error(403, { message: t('people.notAllowed'), code: 'not_allowed' });
  }
}
