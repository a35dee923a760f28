// Roles that the organisation makes for itself.
import { answer, api, done, idempotencyKey, listAll } from '$lib/api/client';
import type { CustomRole } from '$lib/api/types';
import type { Permission } from './permissions';

export interface RoleDraft {
  name: string;
  permissions: Permission[];
}

const PAGE = 100;

/** All of them, and what a role can be made of. */
export async function listRoles(): Promise<{ roles: CustomRole[]; available: Permission[] }> {
  let available: Permission[] = [];
  const roles = await listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/admin/roles', { params: { query: { limit: PAGE, cursor } } }));
    available = page.available_permissions;
    return { items: page.roles, next: page.next_cursor };
  });
  return { roles, available };
}

export function createRole(body: RoleDraft): Promise<CustomRole> {
  const params = { header: { 'Idempotency-Key': idempotencyKey() } };
  return answer(api.POST('/api/v1/admin/roles', { params, body }));
}

const at = ({ id }: CustomRole) => ({ params: { path: { role_id: id } } });

export function changeRole(role: CustomRole, body: RoleDraft): Promise<CustomRole> {
  return answer(api.PATCH('/api/v1/admin/roles/{role_id}', { ...at(role), body }));
}

export async function deleteRole(role: CustomRole): Promise<void> {
  await done(api.DELETE('/api/v1/admin/roles/{role_id}', at(role)));
}
