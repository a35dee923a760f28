import { showError } from '$lib/state/page-error';
import { listRunPages, readRun } from '$lib/state/websites';
import { outcomeFrom } from '$lib/text/crawl-run';

export async function load({ params, url, depends }) {
  depends('crawl-run:pages');
  const outcome = outcomeFrom(url.searchParams.get('outcome'));
  const [run, first] = await Promise.all([
    readRun(params.website, params.run),
    listRunPages(params.website, params.run, outcome)
  ]).catch((thrown: unknown) => showError(thrown, 'website.notFound'));
  return { run, outcome, first };
}
