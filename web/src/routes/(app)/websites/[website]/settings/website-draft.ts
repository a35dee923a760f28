// The settings of a website as they are typed, and what is sent of them.
import type { CrawlMode, Website, WebsiteChange } from '$lib/api/types';
import {
  scheduleDraft,
  scheduleFaults,
  scheduleOf,
  type ScheduleDraft,
  type ScheduleFault
} from '$lib/text/crawl-schedule';
import { rowsOf } from '$lib/text/lines';
import { webUrl, withScheme } from '$lib/text/web-address';

export const MODES: readonly CrawlMode[] = ['links', 'sitemap', 'pages', 'feed'];
/** `kept`: what is saved stays, and is not shown. */
export type CredentialChoice = 'none' | 'kept' | 'basic' | 'header';

const MEBIBYTE = 1 << 20;
const MOST = { depth: 50, pages: 20_000, fileMegabytes: 100, urls: 100, patterns: 100, hosts: 50 } as const;

export interface WebsiteDraft {
  name: string;
  /** One to a line. */
  start_urls: string;
  mode: CrawlMode;
  files: boolean;
  render: boolean;
  path_prefix: string;
  extra_hosts: string;
  include: string;
  exclude: string;
  max_depth: number | null;
  max_pages: number | null;
  /** Mebibytes, which people call megabytes. */
  max_megabytes: number | null;
  max_file_megabytes: number | null;
  /** Empty: each page says it. */
  language: string;
  contact: string;
  credential: CredentialChoice;
  credential_name: string;
  credential_secret: string;
  schedule: ScheduleDraft;
}

export type DraftFault =
  | ScheduleFault
  | 'required'
  | 'urls'
  | 'patterns'
  | 'prefix'
  | 'hosts'
  | 'many'
  | 'range'
  | 'contact'
  | 'secretAgain'
  | 'name'
  | 'header';
export type DraftField =
  | 'name'
  | 'start_urls'
  | 'path_prefix'
  | 'extra_hosts'
  | 'include'
  | 'exclude'
  | 'max_depth'
  | 'max_pages'
  | 'max_megabytes'
  | 'max_file_megabytes'
  | 'contact'
  | 'credential'
  | 'credential_name'
  | 'credential_secret'
  | 'at'
  | 'cron'
  | 'time_zone'
  | 'jitter';

export function draftOf(website: Website, zone?: string): WebsiteDraft {
  const { settings } = website;
  const megabytes = (bytes: number | undefined, otherwise: number) =>
    bytes === undefined ? otherwise : Math.max(1, Math.round(bytes / MEBIBYTE));
  return {
    name: website.name,
    start_urls: settings.start_urls.join('\n'),
    mode: settings.mode ?? 'links',
    files: settings.files ?? false,
    render: settings.render ?? false,
    path_prefix: settings.path_prefix ?? '',
    extra_hosts: (settings.extra_hosts ?? []).join('\n'),
    include: (settings.include ?? []).join('\n'),
    exclude: (settings.exclude ?? []).join('\n'),
    max_depth: settings.max_depth ?? 10,
    max_pages: settings.max_pages ?? 1000,
    max_megabytes: megabytes(settings.max_bytes, 2048),
    max_file_megabytes: megabytes(settings.max_file_bytes, 10),
    language: settings.language ?? '',
    contact: settings.contact ?? '',
    credential: website.credentials ? 'kept' : 'none',
    credential_name: '',
    credential_secret: '',
    schedule: scheduleDraft(website.schedule, zone)
  };
}

/** The whole form as a change of this website. */
export function changeOf(draft: WebsiteDraft, website: Website): WebsiteChange {
  const { settings } = website;
  // An amount that was not changed stays exact, also where it is no whole number of mebibytes.
  const bytes = (megabytes: number | null, saved: number | undefined) =>
    saved !== undefined && Math.max(1, Math.round(saved / MEBIBYTE)) === megabytes
      ? saved
      : (megabytes ?? 0) * MEBIBYTE;
  return {
    name: draft.name.trim(),
    settings: {
      start_urls: startUrls(draft),
      mode: draft.mode,
      files: draft.files,
      render: draft.render,
      path_prefix: draft.path_prefix.trim(),
      extra_hosts: rowsOf(draft.extra_hosts).map((host) => host.toLowerCase()),
      include: rowsOf(draft.include),
      exclude: rowsOf(draft.exclude),
      max_depth: draft.max_depth ?? 0,
      max_pages: draft.max_pages ?? 0,
      max_bytes: bytes(draft.max_megabytes, settings.max_bytes),
      max_file_bytes: bytes(draft.max_file_megabytes, settings.max_file_bytes),
      language: draft.language || null,
      contact: draft.contact.trim()
    },
    schedule: scheduleOf(draft.schedule),
    ...credentialsOf(draft)
  };
}

/** Nothing: what is saved stays; null removes it. */
function credentialsOf({
  credential,
  credential_name,
  credential_secret
}: WebsiteDraft): Pick<WebsiteChange, 'credentials'> {
  if (credential === 'kept') return {};
  if (credential === 'none') return { credentials: null };
  return { credentials: { kind: credential, name: credential_name.trim(), secret: credential_secret } };
}

export function startUrls({ start_urls }: Pick<WebsiteDraft, 'start_urls'>): string[] {
  return Array.from(new Set(rowsOf(start_urls).map(withScheme)));
}

export function faultsOf(draft: WebsiteDraft, website: Website): Record<DraftField, DraftFault> {
  const urls = startUrls(draft);
  const hosts = rowsOf(draft.extra_hosts);
  const typed = draft.credential === 'basic' || draft.credential === 'header';
  return {
    name: draft.name.trim() === '' ? 'required' : draft.name.trim().length > 100 ? 'name' : '',
    start_urls: urls.length === 0 ? 'required' : !urls.every(webUrl) ? 'urls' : urls.length > MOST.urls ? 'many' : '',
    path_prefix: draft.path_prefix.trim() === '' || draft.path_prefix.trim().startsWith('/') ? '' : 'prefix',
    extra_hosts: !hosts.every(isHost) ? 'hosts' : hosts.length > MOST.hosts ? 'many' : '',
    include: patternFault(draft.include),
    exclude: patternFault(draft.exclude),
    max_depth: within(draft.max_depth, 0, MOST.depth),
    max_pages: within(draft.max_pages, 1, MOST.pages),
    max_megabytes: within(draft.max_megabytes, 1, Number.MAX_SAFE_INTEGER / MEBIBYTE),
    max_file_megabytes: within(draft.max_file_megabytes, 1, MOST.fileMegabytes),
    contact: /^[ -'*-[\]-~]*$/.test(draft.contact.trim()) ? '' : 'contact',
    // A secret goes to the hosts that it was entered for, so for others it is entered again.
    credential: draft.credential === 'kept' && !sameUrls(urls, website.settings.start_urls) ? 'secretAgain' : '',
    credential_name: typed ? nameFault(draft) : '',
    credential_secret: typed && draft.credential_secret === '' ? 'required' : '',
    ...scheduleFaults(draft.schedule)
  };
}

function patternFault(patterns: string): DraftFault {
  const rows = rowsOf(patterns);
  if (!rows.every((row) => /^(\/|\*|https?:\/\/)/.test(row))) return 'patterns';
  return rows.length > MOST.patterns ? 'many' : '';
}

function nameFault({ credential, credential_name }: WebsiteDraft): DraftFault {
  const name = credential_name.trim();
  if (name === '') return 'required';
  return credential === 'basic' || /^[\w!#$%&'*+.^`|~-]+$/.test(name) ? '' : 'header';
}

function within(value: number | null, least: number, most: number): DraftFault {
  return value !== null && Number.isInteger(value) && value >= least && value <= most ? '' : 'range';
}

function isHost(text: string): boolean {
  return /^(\*\.)?[\p{L}\p{N}]([\p{L}\p{N}.:-]*[\p{L}\p{N}])?$/u.test(text);
}

function sameUrls(some: string[], others: string[]): boolean {
  return some.length === others.length && some.every((url, at) => url === others[at]);
}

/** What a website is called until its first page says it: the host. */
export function firstName(host: string, title: string | null | undefined): string {
  return Array.from((title ?? '').replace(/\s+/g, ' ').trim() || host)
    .slice(0, 100)
    .join('')
    .trim();
}
