import { error } from '@sveltejs/kit';
import { asProblem } from '$lib/api/problem';
import { t } from '$lib/i18n/index.svelte';
import { listPeople, looksAfterPeople, stateFrom } from '$lib/state/people';
import { session } from '$lib/state/session.svelte';

// The address holds search and filter, so that "back" finds them again.
export async function load({ url, parent }) {
  const filter = { query: url.searchParams.get('q')?.trim() ?? '', state: stateFrom(url.searchParams.get('state')) };
  await parent();
  if (!looksAfterPeople(session.user?.role)) error(403, { message: t('people.notAllowed'), code: 'not_allowed' });
  try {
    return { filter, first: await listPeople(filter), problem: null };
  } catch (thrown) {
    return { filter, first: null, problem: asProblem(thrown) };
  }
}
