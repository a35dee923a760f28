import { expect, it } from 'vitest';
import { changeOf, draftOf, faultsOf, kindOf } from './federation-draft';

const saved = {
  provider: 'Kvarnbacken',
  shared: false,
  issuer: 'https://kvarnbacken.okta.com',
  client_id: 'tessera',
  client_secret_masked: '…1f9c',
  scopes: ['openid', 'email'],
  allowed_domains: ['kvarnbacken.example'],
  claims: { email: 'email', name: 'name', groups: 'roles' },
  group_roles: { board: 'admin' as const },
  provisioning: false,
  require_verified_email: true,
  enabled: false,
  redirect_uri: 'https://tessera.example/api/v1/auth/oidc/callback/0198c0de-0000-7000-8000-000000000001',
  created_at: '2026-11-21T08:00:00Z',
  updated_at: '2026-11-21T08:00:00Z'
};

it('sends back what was saved, and keeps the secret that was not typed anew', () => {
  const { client_secret_masked, redirect_uri, created_at, updated_at, ...rest } = saved;
  expect([client_secret_masked, redirect_uri, created_at, updated_at].every(Boolean)).toBe(true);
  expect(changeOf(draftOf(saved))).toEqual(rest);
  expect(changeOf({ ...draftOf(saved), client_secret: 'new' }).client_secret).toBe('new');
});

it('leaves out groups without a name', () => {
  const draft = draftOf(saved);
  draft.groups.push({ group: '  ', role: 'user' }, { group: ' staff ', role: 'user' });
  expect(changeOf(draft).group_roles).toEqual({ board: 'admin', staff: 'user' });
});

it('asks for a secret only where there is none', () => {
  expect(faultsOf(draftOf(saved), true)).toEqual({
    provider: '',
    issuer: '',
    client_id: '',
    client_secret: '',
    domains: ''
  });
  expect(faultsOf(draftOf(null), false)).toEqual({
    provider: 'required',
    issuer: 'required',
    client_id: 'required',
    client_secret: 'required',
    domains: 'someDomain'
  });
});

it('wants an issuer on https, but for one on this machine', () => {
  const fault = (issuer: string) => faultsOf({ ...draftOf(saved), issuer }, true).issuer;
  expect(fault('https://idp.example')).toBe('');
  expect(fault('http://127.0.0.1:9000')).toBe('');
  expect(fault('http://idp.example')).toBe('address');
  expect(fault('idp.example')).toBe('address');
});

it('knows the usual providers by their address', () => {
  expect(kindOf('https://login.microsoftonline.com/8d1f/v2.0')).toBe('entra');
  expect(kindOf('https://kvarnbacken.okta.com/oauth2/default')).toBe('okta');
  expect(kindOf('https://kvarnbacken.eu.auth0.com/')).toBe('auth0');
  expect(kindOf('https://okta.com.evil.example')).toBe('generic');
  expect(kindOf('not an address')).toBe('generic');
});

it('leaves issuer, client and secret to the operator where the provider is the installation’s', () => {
  const shared = { ...draftOf(saved), shared: true, client_secret: 'typed' };
  expect(changeOf(shared)).not.toHaveProperty('issuer');
  expect(changeOf(shared)).not.toHaveProperty('client_secret');
  expect(faultsOf({ ...shared, issuer: '', client_id: '' }, false).issuer).toBe('');
  expect(faultsOf({ ...shared, domains: '' }, true).domains).toBe('someDomain');
});
