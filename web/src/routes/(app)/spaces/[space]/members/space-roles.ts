// The roles in a space, from the least to the most, as they are offered.
import type { Member } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';

const ROLES: readonly Member['role'][] = ['viewer', 'editor', 'owner'];

export function spaceRoles(): { value: Member['role']; label: string; hint: string }[] {
  return ROLES.map((value) => ({ value, label: t(`space.role.${value}`), hint: t(`member.roleHint.${value}`) }));
}
