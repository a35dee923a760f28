// Everything in here needs a signed-in person; others go to the sign-in page and come back afterwards.
import { redirect } from '@sveltejs/kit';
import { answer, api } from '$lib/api/client';
import { asProblem } from '$lib/api/problem';
import { folders } from '$lib/state/folders.svelte';
import { showProblem, unlessMaintenance } from '$lib/state/page-error';
import { session } from '$lib/state/session.svelte';
import { workspace } from '$lib/state/workspace.svelte';

// Reads no part of the address but the return path, so that it runs once and not at every navigation.
export async function load({ url, untrack }) {
  const here = untrack(() => url.pathname + url.search);
  let user;
  try {
    user = await session.load();
    // A conversation is listed by day until its folder is known.
    if (user && !workspace.loaded) {
      await workspace.load();
      void folders.load().catch(() => undefined);
    }
  } catch (thrown) {
    showProblem(asProblem(thrown));
  }
  if (user) return;
  const setup = await answer(api.GET('/api/v1/auth/setup')).catch(unlessMaintenance);
  const target = here === '/' || setup?.needed ? '/sign-in' : `/sign-in?return=${encodeURIComponent(here)}`;
  redirect(307, target);
}
