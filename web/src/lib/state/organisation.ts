// The settings of the organisation.
import { answer, api } from '$lib/api/client';
import type { OrganisationSettings } from '$lib/api/types';

export type SettingsChange = Partial<Pick<OrganisationSettings, 'name' | 'audit_retention_days' | 'allowed_origins'>>;

export function readSettings(): Promise<OrganisationSettings> {
  return answer(api.GET('/api/v1/admin/settings'));
}

export function changeSettings(body: SettingsChange): Promise<OrganisationSettings> {
  return answer(api.PATCH('/api/v1/admin/settings', { body }));
}
