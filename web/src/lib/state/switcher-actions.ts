// What the quick switcher can do and set, beside the places that it goes to.
import { t } from '$lib/i18n/index.svelte';
import type { Place } from '$lib/text/places';
import { administration } from './administration';
import { allows } from './permissions';
import { session } from './session.svelte';
import { shell } from './shell.svelte';
import { THEMES, theme } from './theme.svelte';

const action = (id: string, name: string, href: string): Place => ({ kind: 'action', id, name, href });
const setting = (id: string, name: string, href: string, run?: () => void): Place => ({
  kind: 'setting',
  id,
  name,
  href,
  ...(run ? { run } : {})
});

/** Actions and settings of the signed-in user, the commonest first. */
export function switcherActions(): Place[] {
  const { user } = session;
  return [
    action('new-chat', t('nav.newChat'), '/chat/new'),
    action('search', t('nav.search'), '/search'),
    action('home', t('nav.home'), '/'),
    setting('account', t('account.title'), '/settings'),
    setting('prompts', t('prompt.ownTitle'), '/settings/prompts'),
    ...(allows(user, 'api_keys') ? [setting('keys', t('account.tab.keys'), '/settings/api-keys')] : []),
    ...administration(user).map(({ path, label }) => setting(`admin-${path}`, t(label), `/admin/${path}`)),
    ...THEMES.map((one) =>
      setting(`theme-${one}`, `${t('user.theme')}: ${t(`user.theme.${one}`)}`, '', () => theme.choose(one))
    ),
    { ...action('shortcuts', t('shortcuts.title'), ''), run: () => (shell.shortcuts = true) },
    action('docs', t('docs.title'), '/docs')
  ];
}
