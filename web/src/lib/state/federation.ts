// Single sign-on: the organisation's own provider.
import { answer, api, done } from '$lib/api/client';
import type { Federation, FederationChange, FederationTest } from '$lib/api/types';

const PATH = '/api/v1/admin/federation';

export function readFederation(): Promise<Federation> {
  return answer(api.GET(PATH));
}

export function saveFederation(body: FederationChange): Promise<Federation> {
  return answer(api.PUT(PATH, { body }));
}

export function removeFederation(): Promise<void> {
  return done(api.DELETE(PATH));
}

export function testFederation(): Promise<FederationTest> {
  return answer(api.POST('/api/v1/admin/federation/test'));
}

/** The address that the organisation's own provider sends people back to, before the server has told it. */
export function redirectUri(tenant: string): string {
  return `${location.origin}/api/v1/auth/oidc/callback/${tenant}`;
}
