import { asProblem } from '$lib/api/problem';
import { requirePermission } from '$lib/state/gate';
import { listAlerts, listQuotas, readUsagePolicy } from '$lib/state/usage';

export async function load({ parent, depends }) {
  depends('admin:quotas');
  await parent();
  requirePermission('settings');
  try {
    const [quotas, policy, alerts] = await Promise.all([listQuotas(), readUsagePolicy(), listAlerts()]);
    return { found: { quotas, policy, alerts }, problem: null };
  } catch (thrown) {
    return { found: null, problem: asProblem(thrown) };
  }
}
