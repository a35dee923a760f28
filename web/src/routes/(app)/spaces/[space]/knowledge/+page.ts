import { showError } from '$lib/state/page-error';
import { websitesOf } from '$lib/state/websites';

export async function load({ params }) {
  const websites = await websitesOf(params.space).catch((thrown: unknown) => showError(thrown, 'space.notFound'));
  return { websites };
}
