import { showError } from '$lib/state/page-error';
import { WebsiteState } from '$lib/state/website-state.svelte';
import { readWebsite } from '$lib/state/websites';

export async function load({ params }) {
  const website = await readWebsite(params.website).catch((thrown: unknown) => showError(thrown, 'website.notFound'));
  return { site: new WebsiteState(website) };
}
