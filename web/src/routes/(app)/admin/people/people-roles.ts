// The roles that somebody may give, as they are offered: the built-in ones, then those that the organisation made.
import type { CustomRole, Person } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';
import { reaches, ROLES, type PersonChange, type Role } from '$lib/state/people';
import { BUILT_IN, type Holder } from '$lib/state/permissions';
import { permissionLabel } from '../roles/permission-text';

export interface OfferedRole {
  /** A built-in role, or the id of another. */
  value: string;
  label: string;
  hint: string;
}

export function builtInRolesToGive(self: Holder | null): { value: Role; label: string; hint: string }[] {
  return ROLES.filter((role) => reaches(self, BUILT_IN[role])).map((value) => ({
    value,
    label: t(`people.role.${value}`),
    hint: t(`people.roleHint.${value}`)
  }));
}

export function rolesToGive(self: Holder | null, custom: CustomRole[]): OfferedRole[] {
  const own = custom
    .filter((role) => reaches(self, role.permissions))
    .map(({ id, name, permissions }) => ({
      value: id,
      label: name,
      hint: permissions.map(permissionLabel).join(', ')
    }));
  return [...builtInRolesToGive(self), ...own];
}

/** The role that somebody has, as a value of those above. */
export function roleOf({ role, custom_role_id }: Pick<Person, 'role' | 'custom_role_id'>): string {
  return custom_role_id ?? role;
}

export function roleName(person: Pick<Person, 'role' | 'custom_role_id'>, custom: CustomRole[]): string {
  if (person.custom_role_id === null) return t(`people.role.${person.role}`);
  return custom.find(({ id }) => id === person.custom_role_id)?.name ?? t('people.role.custom');
}

export function changeTo(value: string): PersonChange {
  const role = ROLES.find((known) => known === value);
  return role ? { role } : { custom_role_id: value };
}
