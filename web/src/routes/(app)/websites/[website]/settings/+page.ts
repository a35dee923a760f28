import { error } from '@sveltejs/kit';
import { t } from '$lib/i18n/index.svelte';
import { may } from '$lib/state/workspace.svelte';

export async function load({ parent }) {
  const { site } = await parent();
  if (!may(site.website, 'knowledge.edit')) error(403, { message: t('problem.not_allowed'), code: 'not_allowed' });
}
