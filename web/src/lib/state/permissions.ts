// What a role in the organisation allows. The server decides; this spares people dead ends.
import type { Permission, Person } from '$lib/api/types';

export const PERMISSIONS = [
  'spaces',
  'assistants',
  'collections',
  'api_keys',
  'people',
  'settings',
  'audit'
] as const satisfies Permission[];
export type { Permission };

const USER: readonly Permission[] = ['spaces', 'assistants', 'collections', 'api_keys'];

/** Those of the roles that every organisation has. */
export const BUILT_IN: Record<Person['role'], readonly Permission[]> = {
  user: USER,
  manager: [...USER, 'people'],
  admin: PERMISSIONS
};

/** What a role, built-in or the organisation's own, allows somebody. */
export interface Holder {
  permissions: readonly Permission[];
}

/** True where somebody has one of these. */
export function allows(holder: Holder | null | undefined, ...wanted: Permission[]): boolean {
  return wanted.some((permission) => holder?.permissions.includes(permission) ?? false);
}
