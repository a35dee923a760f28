// An address that nothing has: said within the application, so that sidebar and language stay.
import { error } from '@sveltejs/kit';
import { t } from '$lib/i18n/index.svelte';

export async function load({ parent }: { parent: () => Promise<unknown> }) {
  await parent();
  error(404, { message: t('error.notFoundText') });
}
