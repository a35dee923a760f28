// What is wrong with a field of the settings, in words.
import type { ApiProblem } from '$lib/api/problem';
import { formatNumber, t } from '$lib/i18n/index.svelte';
import { fieldText } from '$lib/i18n/problem-text';
import type { DraftFault, DraftField } from './website-draft';

const POINTERS: Partial<Record<DraftField, string>> = {
  name: '/name',
  credential: '/credentials',
  credential_name: '/credentials/name',
  credential_secret: '/credentials/secret',
  max_megabytes: '/settings/max_bytes',
  max_file_megabytes: '/settings/max_file_bytes',
  at: '/schedule/at',
  cron: '/schedule/cron',
  time_zone: '/schedule/time_zone',
  jitter: '/schedule/jitter_minutes'
};

const RANGES: Partial<Record<DraftField, { min: number; max: number }>> = {
  max_depth: { min: 0, max: 50 },
  max_pages: { min: 1, max: 20_000 },
  max_file_megabytes: { min: 1, max: 100 },
  jitter: { min: 0, max: 60 },
  name: { min: 1, max: 100 }
};

/** What the server says of the field, or what is wrong with what was typed; nothing before it was tried. */
export function faultText(
  field: DraftField,
  faults: Record<DraftField, DraftFault>,
  { checked, problem }: { checked: boolean; problem: ApiProblem | null }
): string {
  if (!checked) return '';
  const fault = faults[field];
  if (!fault) return fieldText(problem, POINTERS[field] ?? `/settings/${field}`) ?? '';
  if (fault === 'required') return t('field.required');
  if (fault === 'range' && !RANGES[field]) return t('websiteForm.fault.atLeast', { min: 1 });
  const range = RANGES[field];
  return t(`websiteForm.fault.${fault}`, range && { min: formatNumber(range.min), max: formatNumber(range.max) });
}
