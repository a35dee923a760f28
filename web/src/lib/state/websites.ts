// Websites and their crawls, as the API has them.
import { answer, api, done, idempotencyKey, listAll } from '$lib/api/client';
import type { CrawlRun, CrawlRunPage, Website, WebsiteChange, WebsitePage, WebsitePageDiff } from '$lib/api/types';
import type { Outcome, PageChoice, RunAction } from '$lib/text/crawl-run';
import { siteOf } from '$lib/text/web-address';
import type { ListPage } from './paged-list.svelte';

const PAGE = 100;
const RUNS = 25;

export interface PageFilter {
  query: string;
  /** Empty: all. */
  state: PageChoice;
}

const pathOf = (website_id: string) => ({ path: { website_id } });

export function websitesOf(space_id: string): Promise<Website[]> {
  return listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/websites', { params: { query: { space_id, limit: PAGE, cursor } } }));
    return { items: page.websites, next: page.next_cursor };
  });
}

export function readWebsite(id: string): Promise<Website> {
  return answer(api.GET('/api/v1/websites/{website_id}', { params: pathOf(id) }));
}

/** Makes a website of one address that is named after its host and crawled by hand; everything else is said in its settings. */
export function createWebsite(space_id: string, url: string, key = idempotencyKey()): Promise<Website> {
  const params = { header: { 'Idempotency-Key': key } };
  const name = Array.from(siteOf(url)).slice(0, 100).join('');
  return answer(api.POST('/api/v1/websites', { params, body: { space_id, name, settings: { start_urls: [url] } } }));
}

export function changeWebsite(id: string, body: WebsiteChange): Promise<Website> {
  return answer(api.PATCH('/api/v1/websites/{website_id}', { params: pathOf(id), body }));
}

export function deleteWebsite(id: string): Promise<void> {
  return done(api.DELETE('/api/v1/websites/{website_id}', { params: pathOf(id) }), [404]);
}

export async function listRuns(website_id: string, cursor?: string): Promise<ListPage<CrawlRun>> {
  const params = { ...pathOf(website_id), query: { limit: RUNS, cursor } };
  const page = await answer(api.GET('/api/v1/websites/{website_id}/runs', { params }));
  return { items: page.runs, total: page.total, next: page.next_cursor };
}

export function readRun(website_id: string, run_id: string): Promise<CrawlRun> {
  return answer(api.GET('/api/v1/websites/{website_id}/runs/{run_id}', { params: { path: { website_id, run_id } } }));
}

/** Starts a crawl, or does to the given one what the action says. */
export function actOnRun(website_id: string, action: RunAction, run: CrawlRun | null): Promise<CrawlRun> {
  if (action === 'start' || !run) {
    return answer(api.POST('/api/v1/websites/{website_id}/runs', { params: pathOf(website_id) }));
  }
  const params = { path: { website_id, run_id: run.id } };
  if (action === 'stop') return answer(api.POST('/api/v1/websites/{website_id}/runs/{run_id}/stop', { params }));
  if (action === 'pause') return answer(api.POST('/api/v1/websites/{website_id}/runs/{run_id}/pause', { params }));
  return answer(api.POST('/api/v1/websites/{website_id}/runs/{run_id}/resume', { params }));
}

export async function listRunPages(
  website_id: string,
  run_id: string,
  outcome: Outcome | '',
  cursor?: string
): Promise<ListPage<CrawlRunPage>> {
  const query = { limit: PAGE, cursor, ...(outcome ? { outcome } : {}) };
  const params = { path: { website_id, run_id }, query };
  const page = await answer(api.GET('/api/v1/websites/{website_id}/runs/{run_id}/pages', { params }));
  return { items: page.pages, total: page.total, next: page.next_cursor };
}

export async function listWebsitePages(
  website_id: string,
  { query: q, state }: PageFilter,
  cursor?: string
): Promise<ListPage<WebsitePage>> {
  const narrowed = state === 'uncertain' ? { uncertain: true } : state ? { state } : {};
  const query = { limit: PAGE, cursor, ...(q ? { q } : {}), ...narrowed };
  const params = { ...pathOf(website_id), query };
  const page = await answer(api.GET('/api/v1/websites/{website_id}/pages', { params }));
  return { items: page.pages, total: page.total, next: page.next_cursor };
}

export function readWebsitePage(website_id: string, page_id: string): Promise<WebsitePage> {
  return answer(
    api.GET('/api/v1/websites/{website_id}/pages/{page_id}', { params: { path: { website_id, page_id } } })
  );
}

/** What the last change of a page changed in its text. */
export function readWebsitePageDiff(website_id: string, page_id: string): Promise<WebsitePageDiff> {
  const params = { path: { website_id, page_id } };
  return answer(api.GET('/api/v1/websites/{website_id}/pages/{page_id}/diff', { params }));
}
