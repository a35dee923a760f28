import { asProblem } from '$lib/api/problem';
import { requirePermission } from '$lib/state/gate';
import { readQueue, readReadiness } from '$lib/state/operations';

export async function load({ parent, depends }) {
  depends('admin:health');
  await parent();
  requirePermission('settings');
  // Without the database the queue cannot be read, and that is what the page is to say.
  const [readiness, queue] = await Promise.allSettled([readReadiness(), readQueue()]);
  return {
    at: new Date().toISOString(),
    readiness: readiness.status === 'fulfilled' ? readiness.value : null,
    queue: queue.status === 'fulfilled' ? queue.value : null,
    problem: readiness.status === 'rejected' ? asProblem(readiness.reason) : null
  };
}
