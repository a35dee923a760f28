import { asProblem } from '$lib/api/problem';
import { listWebsitePages } from '$lib/state/websites';
import { pageChoiceFrom } from '$lib/text/crawl-run';

// The address holds search and filter, so that "back" finds them again.
export async function load({ params, url }) {
  const filter = {
    query: url.searchParams.get('q')?.trim() ?? '',
    state: pageChoiceFrom(url.searchParams.get('state'))
  };
  try {
    return { filter, first: await listWebsitePages(params.website, filter), problem: null };
  } catch (thrown) {
    return { filter, first: null, problem: asProblem(thrown) };
  }
}
