import { asProblem } from '$lib/api/problem';
import { requirePermission } from '$lib/state/gate';
import { jobFilterOf, listOrganisationJobs } from '$lib/state/operations';

export async function load({ parent, depends, url }) {
  depends('admin:jobs');
  const filter = jobFilterOf(url.searchParams.get('status'));
  await parent();
  requirePermission('settings');
  try {
    return { filter, first: await listOrganisationJobs(filter), problem: null };
  } catch (thrown) {
    return { filter, first: null, problem: asProblem(thrown) };
  }
}
