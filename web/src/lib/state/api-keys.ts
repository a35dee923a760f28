// Keys with which programs act as oneself.
import { answer, api, done, listAll } from '$lib/api/client';
import type { ApiKey } from '$lib/api/types';

/** What a key can be good for, from the common to the far-reaching. */
export const SCOPES = [
  'chat',
  'search',
  'knowledge:read',
  'knowledge:write',
  'assistants:read',
  'assistants:write',
  'spaces:read',
  'spaces:write',
  'admin:read',
  'admin:write'
] as const satisfies ApiKey['scopes'];
export type Scope = (typeof SCOPES)[number];

export const EXPIRIES = ['30', '90', '365', 'never'] as const;
export type Expiry = (typeof EXPIRIES)[number];

const PAGE = 100;
const SOON_MS = 7 * 86_400_000;

export function listApiKeys(): Promise<ApiKey[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/api-keys', { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.api_keys, next: page.next_cursor };
  });
}

/** The key itself is in this answer and nowhere else. */
export function createApiKey(name: string, scopes: Scope[], expiry: Expiry): Promise<{ api_key: ApiKey; key: string }> {
  const body = { name, scopes, expires_in_days: expiry === 'never' ? null : Number(expiry) };
  return answer(api.POST('/api/v1/api-keys', { body }));
}

export async function revokeApiKey({ id }: ApiKey): Promise<void> {
  await done(api.DELETE('/api/v1/api-keys/{api_key_id}', { params: { path: { api_key_id: id } } }), [404]);
}

/** Whether a key still works, and for how long. */
export function lifeOf({ expires_at }: Pick<ApiKey, 'expires_at'>, now = Date.now()): 'lasting' | 'ending' | 'expired' {
  if (expires_at === null) return 'lasting';
  const left = Date.parse(expires_at) - now;
  if (left <= 0) return 'expired';
  return left < SOON_MS ? 'ending' : 'lasting';
}
