import { asProblem } from '$lib/api/problem';
import { auditLog, filterFrom, listEntries } from '$lib/state/audit.svelte';
import { requirePermission } from '$lib/state/gate';

// The address holds the filter, so that "back" finds it again. Nothing is read before a reason is stated.
export async function load({ url, parent, depends }) {
  depends('audit:entries');
  const filter = filterFrom(url.searchParams);
  await parent();
  requirePermission('audit');
  const reading = auditLog.current();
  if (!reading) return { filter, reading: null, first: null, problem: null };
  try {
    return { filter, reading, first: await listEntries(reading.id, filter), problem: null };
  } catch (thrown) {
    return { filter, reading, first: null, problem: asProblem(thrown) };
  }
}
