// Directories that make, change and end people and groups here by themselves (SCIM), and the keys they show.
import { answer, api, done, listAll } from '$lib/api/client';
import type { DirectoryKey, NewDirectoryKey } from '$lib/api/types';

const PATH = '/api/v1/admin/scim-tokens';
const PAGE = 100;

export function listDirectoryKeys(): Promise<DirectoryKey[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET(PATH, { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.scim_tokens, next: page.next_cursor };
  });
}

/** The secret is in this answer and nowhere else. */
export function createDirectoryKey(name: string): Promise<NewDirectoryKey> {
  return answer(api.POST(PATH, { body: { name } }));
}

export async function revokeDirectoryKey({ id }: DirectoryKey): Promise<void> {
  await done(api.DELETE(`${PATH}/{scim_token_id}`, { params: { path: { scim_token_id: id } } }), [404]);
}

/** Where directories call. */
export function scimAddress(): string {
  return `${location.origin}/api/v1/scim/v2`;
}
