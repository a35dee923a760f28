// What a space is called on the page. Everybody's personal space is stored with an English name, which means "staff" in Swedish.
import type { Space } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';

/** The name that the server gives every personal space. */
const STORED = 'Personal';

/** The name of a space in the language of the page; empty for none. */
export function spaceName(space: Pick<Space, 'kind' | 'name'> | undefined): string {
  if (!space) return '';
  return space.kind === 'personal' && space.name === STORED ? t('space.personal') : space.name;
}
