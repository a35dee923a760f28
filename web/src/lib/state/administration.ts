// The parts of the administration, and who may see them.
import type { MessageKey } from '$lib/i18n/index.svelte';
import { allows, type Holder, type Permission } from './permissions';

export interface Part {
  path: string;
  label: MessageKey;
  needs: Permission;
}

const PARTS: readonly Part[] = [
  { path: 'people', label: 'people.title', needs: 'people' },
  { path: 'groups', label: 'group.title', needs: 'people' },
  { path: 'roles', label: 'role.title', needs: 'settings' },
  { path: 'models', label: 'models.title', needs: 'settings' },
  { path: 'usage', label: 'usage.title', needs: 'settings' },
  { path: 'quotas', label: 'quota.title', needs: 'settings' },
  { path: 'single-sign-on', label: 'federation.title', needs: 'settings' },
  { path: 'directory', label: 'directory.title', needs: 'settings' },
  { path: 'jobs', label: 'job.title', needs: 'settings' },
  { path: 'health', label: 'health.title', needs: 'settings' },
  { path: 'audit', label: 'audit.title', needs: 'audit' },
  { path: 'settings', label: 'organisation.title', needs: 'settings' }
];

/** The parts that somebody may see; none for most people. */
export function administration(holder: Holder | null): Part[] {
  return PARTS.filter(({ needs }) => allows(holder, needs));
}
