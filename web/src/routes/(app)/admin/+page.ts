import { redirect } from '@sveltejs/kit';
import { administration } from '$lib/state/administration';
import { session } from '$lib/state/session.svelte';

// The first part that one may see.
export async function load({ parent }) {
  await parent();
  redirect(307, `/admin/${administration(session.user)[0]?.path ?? 'people'}`);
}
