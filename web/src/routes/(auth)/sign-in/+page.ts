import { answer, api } from '$lib/api/client';
import { chosenTenant, waysIn } from '$lib/state/sign-in';

export async function load({ url }) {
  const tenant = chosenTenant(url.searchParams);
  const [ways, setup] = await Promise.all([waysIn(tenant), answer(api.GET('/api/v1/auth/setup')).catch(() => null)]);
  return { tenant, ways, needsSetup: setup?.needed ?? false };
}
