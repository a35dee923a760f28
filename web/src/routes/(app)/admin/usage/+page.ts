import { asProblem } from '$lib/api/problem';
import { requirePermission } from '$lib/state/gate';
import { filterFrom, readReport } from '$lib/state/usage';

// The address holds the filter, so that "back" finds it again. The chart is by day, whatever the table is grouped by.
export async function load({ url, parent, depends }) {
  depends('admin:usage');
  const filter = filterFrom(url.searchParams);
  await parent();
  requirePermission('settings');
  try {
    const [days, grouped] = await Promise.all([
      readReport(filter.range, 'day'),
      filter.by === 'day' ? null : readReport(filter.range, filter.by)
    ]);
    return { filter, days, report: grouped ?? days, problem: null };
  } catch (thrown) {
    return { filter, days: null, report: null, problem: asProblem(thrown) };
  }
}
