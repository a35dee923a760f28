// Keys with which programs act as oneself.
import { answer, api, done, listAll } from '$lib/api/client';
import type { ApiKey } from '$lib/api/types';

/** What a key can be good for, from the common to the far-reaching. */
export const SCOPES = [
  'chat',
  'search',
  'assistants:use',
  'models:use',
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

/** All that a key for one assistant is good for. */
const ASSISTANT_SCOPES = ['chat', 'assistants:read', 'assistants:use'] as const satisfies Scope[];

export const EXPIRIES = ['30', '90', '365', 'never'] as const;
export type Expiry = (typeof EXPIRIES)[number];

/** A key that is being made; without an assistant it opens whatever its owner may and `scopes` allow. */
export type KeyDraft = { name: string; assistantId: string; scopes: string[]; expiry: Expiry };

const PAGE = 100;
const SOON_MS = 7 * 86_400_000;

export function listApiKeys(): Promise<ApiKey[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/api-keys', { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.api_keys, next: page.next_cursor };
  });
}

/** What the server is asked for: a key for one assistant has its scopes already. */
export function keyRequest({ name, assistantId, scopes, expiry }: KeyDraft) {
  return {
    name: name.trim(),
    assistant_id: assistantId || null,
    scopes: assistantId ? [...ASSISTANT_SCOPES] : SCOPES.filter((scope) => scopes.includes(scope)),
    expires_in_days: expiry === 'never' ? null : Number(expiry)
  };
}

/** The key itself is in this answer and nowhere else. */
export function createApiKey(draft: KeyDraft): Promise<{ api_key: ApiKey; key: string }> {
  return answer(api.POST('/api/v1/api-keys', { body: keyRequest(draft) }));
}

export async function revokeApiKey({ id }: ApiKey): Promise<void> {
  await done(api.DELETE('/api/v1/api-keys/{api_key_id}', { params: { path: { api_key_id: id } } }), [404]);
}

/** Whether a key still works, and for how long; `lost`: its assistant is out of its owner's reach. */
export function lifeOf(
  key: Pick<ApiKey, 'expires_at' | 'assistant_id' | 'assistant_name'>,
  now = Date.now()
): 'lasting' | 'ending' | 'expired' | 'lost' {
  const left = key.expires_at === null ? Infinity : Date.parse(key.expires_at) - now;
  if (left <= 0) return 'expired';
  if (key.assistant_id !== null && key.assistant_name === null) return 'lost';
  return left < SOON_MS ? 'ending' : 'lasting';
}
