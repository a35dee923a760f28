// Languages to choose from, by their names in the reader's language.

const TAGS = [
  'ar',
  'bs',
  'cs',
  'da',
  'de',
  'el',
  'en',
  'es',
  'et',
  'fa',
  'fi',
  'fr',
  'he',
  'hr',
  'hu',
  'is',
  'it',
  'ja',
  'ko',
  'lt',
  'lv',
  'nb',
  'nl',
  'nn',
  'pl',
  'pt',
  'ro',
  'ru',
  'se',
  'so',
  'sr',
  'sv',
  'tr',
  'uk',
  'zh'
];

/** `kept`, the tag that is saved, is among them. */
export function languagesOf(kept: string, locale: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(locale, { type: 'language' });
  return Array.from(new Set([...TAGS, ...(kept ? [kept] : [])]))
    .map((value) => ({ value, label: nameOf(names, value) }))
    .sort((one, other) => one.label.localeCompare(other.label, locale));
}

function nameOf(names: Intl.DisplayNames, tag: string): string {
  try {
    const name = names.of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase() + name.slice(1);
  } catch {
    return tag;
  }
}
