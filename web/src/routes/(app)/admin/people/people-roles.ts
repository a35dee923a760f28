// The roles that somebody may give, as they are offered.
import { t } from '$lib/i18n/index.svelte';
import { rolesUpTo, type Role } from '$lib/state/people';

export function rolesToGive(own: Role | undefined): { value: Role; label: string; hint: string }[] {
  return rolesUpTo(own).map((value) => ({
    value,
    label: t(`people.role.${value}`),
    hint: t(`people.roleHint.${value}`)
  }));
}
