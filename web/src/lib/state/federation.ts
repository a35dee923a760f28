// Single sign-on: the organisation's own provider.
import { call } from '$lib/api/call';
import type { Person } from '$lib/api/types';

export interface Federation {
  /** The name on the button. */
  provider: string;
  issuer: string;
  client_id: string;
  /** The end of the secret; the whole of it is never shown. */
  client_secret_masked: string | null;
  scopes: string[];
  allowed_domains: string[];
  claims: { email: string; name: string; groups: string };
  group_roles: Record<string, Person['role']>;
  provisioning: boolean;
  require_verified_email: boolean;
  enabled: boolean;
}

export interface FederationChange extends Omit<Federation, 'client_secret_masked'> {
  client_secret?: string;
}

export interface Finding {
  ok: boolean;
  step: string;
  detail: string;
}

const PATH = '/api/v1/admin/federation';

export function readFederation(): Promise<Federation> {
  return call('GET', PATH);
}

export function saveFederation(body: FederationChange): Promise<Federation> {
  return call('PUT', PATH, { body });
}

export function removeFederation(): Promise<void> {
  return call('DELETE', PATH);
}

export function testFederation(): Promise<{ ok: boolean; findings: Finding[] }> {
  return call('POST', `${PATH}/test`);
}

/** The address that the provider sends people back to. */
export function redirectUri(): string {
  return `${location.origin}/api/v1/auth/oidc/callback`;
}
