// What is typed into the form, and what is sent of it.
import type { Federation, FederationChange } from '$lib/api/types';
import type { Role } from '$lib/state/people';
import { isDomain, linesOf } from '$lib/text/lines';

export interface GroupRole {
  group: string;
  role: Role;
}

/** The kinds that we know where to find an issuer for, and the provider of the whole installation. */
export const KINDS = ['entra', 'okta', 'auth0', 'generic', 'shared'] as const;
export type Kind = (typeof KINDS)[number];

const HOSTS: [RegExp, Kind][] = [
  [/(^|\.)(login\.microsoftonline\.com|sts\.windows\.net)$/, 'entra'],
  [/\.(okta|oktapreview|okta-emea)\.com$/, 'okta'],
  [/\.auth0\.com$/, 'auth0']
];

/** What kind an issuer is of. */
export function kindOf(issuer: string): Kind {
  if (issuer === '') return 'entra';
  try {
    const { hostname } = new URL(issuer);
    return HOSTS.find(([mark]) => mark.test(hostname))?.[1] ?? 'generic';
  } catch {
    return 'generic';
  }
}

export interface FederationDraft {
  provider: string;
  shared: boolean;
  issuer: string;
  client_id: string;
  client_secret: string;
  scopes: string;
  domains: string;
  claims: { email: string; name: string; groups: string };
  groups: GroupRole[];
  provisioning: boolean;
  require_verified_email: boolean;
  enabled: boolean;
}

export type FederationFault = 'required' | 'address' | 'domain' | 'someDomain' | '';

/** The form for what is saved, or for a new one with what most providers use. */
export function draftOf(saved: Federation | null): FederationDraft {
  return {
    provider: saved?.provider ?? '',
    shared: saved?.shared ?? false,
    issuer: saved?.issuer ?? '',
    client_id: saved?.client_id ?? '',
    client_secret: '',
    scopes: (saved?.scopes ?? ['openid', 'email', 'profile']).join(' '),
    domains: (saved?.allowed_domains ?? []).join('\n'),
    claims: { ...(saved?.claims ?? { email: 'email', name: 'name', groups: 'groups' }) },
    groups: Object.entries(saved?.group_roles ?? {}).map(([group, role]) => ({ group, role })),
    provisioning: saved?.provisioning ?? true,
    require_verified_email: saved?.require_verified_email ?? true,
    enabled: saved?.enabled ?? true
  };
}

export function changeOf(draft: FederationDraft): FederationChange {
  const { provider, shared, provisioning, require_verified_email, enabled } = draft;
  const named = draft.groups.map(({ group, role }) => [group.trim(), role] as const).filter(([group]) => group !== '');
  return {
    provider: provider.trim(),
    shared,
    // Those of the shared provider are the operator's.
    ...(shared ? {} : { issuer: draft.issuer.trim(), client_id: draft.client_id.trim() }),
    // Left empty, the secret stays as it is.
    ...(draft.client_secret && !shared ? { client_secret: draft.client_secret } : {}),
    scopes: draft.scopes.split(/[\s,]+/).filter(Boolean),
    allowed_domains: linesOf(draft.domains).map((domain) => domain.toLowerCase()),
    claims: { email: draft.claims.email.trim(), name: draft.claims.name.trim(), groups: draft.claims.groups.trim() },
    group_roles: Object.fromEntries(named),
    provisioning,
    require_verified_email,
    enabled
  };
}

export function faultsOf(draft: FederationDraft, hasSecret: boolean): Record<string, FederationFault> {
  const required = (text: string): FederationFault => (text.trim() === '' ? 'required' : '');
  const own = (fault: FederationFault): FederationFault => (draft.shared ? '' : fault);
  const domains = linesOf(draft.domains);
  return {
    provider: required(draft.provider),
    issuer: own(required(draft.issuer) || (isAddress(draft.issuer.trim()) ? '' : 'address')),
    client_id: own(required(draft.client_id)),
    client_secret: own(hasSecret ? '' : required(draft.client_secret)),
    domains:
      domains.length === 0 && (draft.provisioning || draft.shared)
        ? 'someDomain'
        : domains.every(isDomain)
          ? ''
          : 'domain'
  };
}

// On plain http only a provider on this very machine, for trying.
function isAddress(text: string): boolean {
  try {
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname));
  } catch {
    return false;
  }
}
