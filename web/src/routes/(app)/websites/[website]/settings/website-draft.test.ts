import { expect, it } from 'vitest';
import type { Website } from '$lib/api/types';
import { changeOf, draftOf, faultsOf, firstName, type WebsiteDraft } from './website-draft';

const website: Website = {
  id: 'w',
  space_id: 's',
  collection_id: 'c',
  name: 'Kvarnbacken',
  settings: {
    start_urls: ['https://kvarnbacken.example/', 'https://kvarnbacken.example/news,archive'],
    mode: 'sitemap',
    files: true,
    render: true,
    path_prefix: '/news',
    extra_hosts: ['docs.kvarnbacken.example'],
    include: ['/news/**'],
    exclude: ['**/print/**'],
    max_depth: 3,
    max_pages: 500,
    max_bytes: 2 ** 31,
    max_file_bytes: 5000,
    language: 'sv',
    contact: 'web@kvarnbacken.example'
  },
  schedule: {
    every: 'daily',
    at: '02:00',
    weekday: null,
    cron: null,
    time_zone: 'Europe/Stockholm',
    jitter_minutes: 30
  },
  next_run_at: null,
  schedule_error: null,
  failures: 0,
  retry_at: null,
  credentials: { kind: 'basic', name: 'reader', secret_masked: '…1f9c' },
  paused: false,
  page_count: 0,
  failed_count: 0,
  last_run: null,
  permissions: ['knowledge.edit'],
  created_at: '2026-11-29T10:00:00Z',
  updated_at: '2026-11-29T10:00:00Z'
};

const fault = (part: Partial<WebsiteDraft>) => {
  const faults = faultsOf({ ...draftOf(website), ...part }, website);
  return Object.fromEntries(Object.entries(faults).filter(([, found]) => found !== ''));
};

it('sends back what was saved, and keeps credentials that were not typed again', () => {
  expect(changeOf(draftOf(website), website)).toEqual({
    name: website.name,
    settings: website.settings,
    schedule: website.schedule
  });
  expect(fault({})).toEqual({});
});

it('a changed amount is sent in bytes', () => {
  const draft = { ...draftOf(website), max_megabytes: 100, max_file_megabytes: 2 };
  expect(changeOf(draft, website).settings).toMatchObject({ max_bytes: 104_857_600, max_file_bytes: 2_097_152 });
});

it('credentials are removed by null and replaced by new ones', () => {
  const draft = draftOf(website);
  expect(changeOf({ ...draft, credential: 'none' }, website).credentials).toBeNull();
  const typed = { ...draft, credential: 'header' as const, credential_name: ' X-Key ', credential_secret: ' s ' };
  expect(changeOf(typed, website).credentials).toEqual({ kind: 'header', name: 'X-Key', secret: ' s ' });
});

it('addresses get a scheme and each stands once', () => {
  const draft = { ...draftOf(website), start_urls: 'example.org\nhttps://example.org\n\nhttp://b.example/x' };
  expect(changeOf(draft, website).settings?.start_urls).toEqual(['https://example.org', 'http://b.example/x']);
});

it('other start addresses need the credentials again', () => {
  expect(fault({ start_urls: 'https://other.example/' })).toEqual({ credential: 'secretAgain' });
  expect(fault({ start_urls: 'https://other.example/', credential: 'none' })).toEqual({});
});

it('finds what the server would refuse', () => {
  expect(fault({ name: ' ' })).toEqual({ name: 'required' });
  expect(fault({ name: 'a'.repeat(101) })).toEqual({ name: 'name' });
  expect(fault({ credential: 'none', start_urls: ' ' })).toEqual({ start_urls: 'required' });
  expect(fault({ credential: 'none', start_urls: 'ftp://example.org' })).toEqual({ start_urls: 'urls' });
  expect(fault({ path_prefix: 'news' })).toEqual({ path_prefix: 'prefix' });
  expect(fault({ include: '/news/**\nexample.org/news/*' })).toEqual({ include: 'patterns' });
  expect(fault({ exclude: '**.pdf\nhttps://example.org/print/' })).toEqual({});
  expect(fault({ extra_hosts: 'https://example.org' })).toEqual({ extra_hosts: 'hosts' });
  expect(fault({ extra_hosts: '*.example.org\nräksmörgås.se\nlocalhost:8080' })).toEqual({});
  expect(fault({ max_depth: null, max_pages: 0, max_megabytes: 0, max_file_megabytes: 101 })).toEqual({
    max_depth: 'range',
    max_pages: 'range',
    max_megabytes: 'range',
    max_file_megabytes: 'range'
  });
  expect(fault({ contact: '(me)' })).toEqual({ contact: 'contact' });
  expect(fault({ contact: 'Bo <bo@example.org> + 2' })).toEqual({});
  expect(fault({ credential: 'basic' })).toEqual({ credential_name: 'required', credential_secret: 'required' });
  expect(fault({ credential: 'header', credential_name: 'X Key', credential_secret: 's' })).toEqual({
    credential_name: 'header'
  });
});

it('the title of the first page names a website', () => {
  expect(firstName('example.org', '  Bygga \n och bo ')).toBe('Bygga och bo');
  expect(firstName('example.org', null)).toBe('example.org');
  expect(firstName('example.org', 'å'.repeat(140))).toBe('å'.repeat(100));
});
