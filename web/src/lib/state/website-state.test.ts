import { beforeEach, expect, it, vi } from 'vitest';
import type { CrawlRun, Website } from '$lib/api/types';
import { WebsiteState } from './website-state.svelte';

let stored: Website;
let reads: number;

vi.mock('./websites', () => ({
  readWebsite: () => {
    reads += 1;
    return Promise.resolve(stored);
  },
  actOnRun: (_: string, action: string, run: CrawlRun | null) =>
    Promise.resolve(action === 'start' ? { ...crawl, id: 'new', state: 'queued' } : { ...run, state: 'stopping' })
}));

const crawl = {
  id: 'r',
  website_id: 'w',
  state: 'running',
  fetched: 1,
  created_at: '2026-11-29T10:00:00Z',
  updated_at: '2026-11-29T10:00:01Z'
} as CrawlRun;
const website = (last_run: CrawlRun | null): Website =>
  ({ id: 'w', name: 'Kvarnbacken', last_run, page_count: 0, schedule: {}, updated_at: '' }) as unknown as Website;
const crawlEvent = (part: Partial<CrawlRun>) => ({ type: 'crawl_run' as const, run: { ...crawl, ...part } });
const at = (second: number) => `2026-11-29T10:00:0${second}Z`;

beforeEach(() => {
  stored = website(crawl);
  reads = 0;
});

it('counts on with the events of its own crawl', () => {
  const site = new WebsiteState(website(crawl));
  site.take(crawlEvent({ fetched: 5, updated_at: at(2) }));
  expect(site.run?.fetched).toBe(5);
  site.take(crawlEvent({ fetched: 3, updated_at: at(1) }));
  site.take(crawlEvent({ fetched: 9, website_id: 'other', updated_at: at(9) }));
  expect([site.run?.fetched, reads]).toEqual([5, 0]);
});

it('reads the website again when its crawl has ended', async () => {
  const site = new WebsiteState(website(crawl));
  stored = { ...website({ ...crawl, state: 'succeeded', updated_at: at(3) }), page_count: 14 };
  site.take(crawlEvent({ state: 'succeeded', updated_at: at(3) }));
  await vi.waitFor(() => expect(site.website.page_count).toBe(14));
  expect([site.latest?.state, reads]).toEqual(['succeeded', 1]);
});

it('an answer that is older than an event does not undo it', async () => {
  const site = new WebsiteState(website(crawl));
  site.take(crawlEvent({ fetched: 7, updated_at: at(5) }));
  await site.reload();
  expect(site.run?.fetched).toBe(7);
});

it('shows a crawl that was just started, and what was done to it', async () => {
  const site = new WebsiteState(website(null));
  await site.act('start');
  expect([site.run?.id, site.latest?.state]).toEqual(['new', 'queued']);
  await site.act('stop');
  expect(site.run?.state).toBe('stopping');
});
