// Texts in the chosen language: typed keys, filled-in names, plural forms, dates, numbers and sizes.
import { readSetting, writeSetting } from '$lib/state/settings';
import { en } from './en';
import { sv } from './sv';

export type MessageKey = keyof typeof en;
/** A key that has a form for one and for many, without its ending. */
export type CountedKey = {
  [Key in MessageKey]: Key extends `${infer Stem}.other` ? (`${Stem}.one` extends MessageKey ? Stem : never) : never;
}[MessageKey];
export type Language = 'en' | 'sv';
export type Params = Record<string, string | number>;

export const LANGUAGES: { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'sv', name: 'Svenska' }
];

const MESSAGES: Record<Language, Record<MessageKey, string>> = { en, sv };

class Locale {
  language = $state<Language>('en');
  /** The browser's own variant where it speaks the chosen language, for dates and numbers. Else English is British, as our texts are. */
  readonly tag = $derived(
    browserTags().find((tag) => tag.startsWith(this.language)) ?? (this.language === 'en' ? 'en-GB' : this.language)
  );

  constructor() {
    const stored = readSetting('language');
    const preferred = browserTags().map((tag) => tag.slice(0, 2));
    this.language = isLanguage(stored) ? stored : (preferred.find(isLanguage) ?? 'en');
  }

  choose(language: Language): void {
    this.language = language;
    writeSetting('language', language);
  }
}

export const locale = new Locale();

export function t(key: MessageKey, params: Params = {}): string {
  return fill(MESSAGES[locale.language][key], params);
}

/** The plural form of `key` for `count`, which also fills `{count}`. */
export function counted(key: CountedKey, count: number, params: Params = {}): string {
  const form = new Intl.PluralRules(locale.language).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}` as MessageKey, { ...params, count: formatNumber(count) });
}

/** True where a text exists, for keys that are made from a code of the server. */
export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(locale.tag).format(value);
}

export function formatPercent(share: number): string {
  return new Intl.NumberFormat(locale.tag, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

export function formatDate(iso: string): string {
  return new Intl.DateTimeFormat(locale.tag, { dateStyle: 'medium' }).format(new Date(iso));
}

export function formatDateTime(iso: string): string {
  return new Intl.DateTimeFormat(locale.tag, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

const AGO_STEPS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60]
] as const;

/** How long ago: "5 minutes ago", "yesterday"; after a month the date. */
export function formatAgo(iso: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000);
  if (seconds > 30 * 86_400) return formatDate(iso);
  const [unit, length] = AGO_STEPS.find(([, least]) => seconds >= least) ?? ['minute', 60];
  return new Intl.RelativeTimeFormat(locale.tag, { numeric: 'auto' }).format(-Math.floor(seconds / length), unit);
}

const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

export function formatSize(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), SIZE_UNITS.length - 1);
  const unit = SIZE_UNITS[step] ?? 'byte';
  const digits = step === 0 ? 0 : 1;
  return new Intl.NumberFormat(locale.tag, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    maximumFractionDigits: digits
  }).format(bytes / 1000 ** step);
}

export function fill(message: string, params: Params): string {
  return message.replace(/\{(\w+)\}/g, (mark, name: string) => String(params[name] ?? mark));
}

function isLanguage(value: unknown): value is Language {
  return value === 'en' || value === 'sv';
}

function browserTags(): readonly string[] {
  return typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);
}
