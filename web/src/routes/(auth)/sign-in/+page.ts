import { answer, api } from '$lib/api/client';
import { unlessMaintenance } from '$lib/state/page-error';
import { chosenTenant, waysIn } from '$lib/state/sign-in';

export async function load({ url }) {
  const tenant = chosenTenant(url.searchParams);
  const [ways, setup] = await Promise.all([
    waysIn(tenant),
    answer(api.GET('/api/v1/auth/setup')).catch(unlessMaintenance)
  ]);
  return { tenant, ways, needsSetup: setup?.needed ?? false };
}
