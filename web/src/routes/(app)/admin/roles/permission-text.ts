// What a permission is called; one that this page does not know yet goes by its own name.
import { isMessageKey, t } from '$lib/i18n/index.svelte';

export function permissionLabel(permission: string): string {
  const key = `permission.${permission}`;
  return isMessageKey(key) ? t(key) : permission;
}

export function permissionHint(permission: string): string {
  const key = `permission.${permission}.hint`;
  return isMessageKey(key) ? t(key) : '';
}
