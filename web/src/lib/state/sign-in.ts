// The ways in: a password, or the organisation's own provider.
import { answer, api, done } from '$lib/api/client';
import type { SignInWays } from '$lib/api/types';
import { readSetting, writeSetting } from './settings';

type Provider = SignInWays['providers'][number];

const PASSWORD_ONLY: SignInWays = { password: true, providers: [] };

/** The organisation in the address, or the one that this browser signed in to last. */
export function chosenTenant(params: URLSearchParams): string {
  return slugOf(params.get('tenant') ?? readSetting('tenant') ?? '');
}

export function rememberTenant(tenant: string): void {
  writeSetting('tenant', tenant || null);
}

/** What may be the short name of an organisation; empty where it cannot be one. */
export function slugOf(text: string): string {
  const slug = text.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(slug) ? slug : '';
}

/** How one comes in there. Whatever fails leaves the password. */
export async function waysIn(tenant: string): Promise<SignInWays> {
  const query = tenant ? { tenant } : {};
  const found = await answer(api.GET('/api/v1/auth/providers', { params: { query } })).catch(() => null);
  return found && (found.password || found.providers.length > 0) ? found : PASSWORD_ONLY;
}

/** Where the browser goes to sign in with a provider; afterwards it comes back to `path`. */
export function startAddress({ start_url }: Provider, path: string, origin: string): string {
  const url = new URL(start_url, origin);
  if (url.origin !== origin) return '/sign-in';
  if (path !== '/') url.searchParams.set('return_to', path);
  return url.pathname + url.search;
}

/** Asks for a message with a link. The answer never tells whether there is an account. */
export async function forgotPassword(email: string): Promise<void> {
  await done(api.POST('/api/v1/auth/password/forgotten', { body: { email } }));
}

export async function resetPassword(token: string, password: string): Promise<void> {
  await done(api.POST('/api/v1/auth/password/reset', { body: { token, password } }));
}
