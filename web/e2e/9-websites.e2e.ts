// A website: added, looked at, crawled, searched and cited, crawled again, stopped and deleted.
import type { BrowserContext, Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';
import { expect, get, needs, newcomer, post, signIn, test } from './stack';
import { port, TestWebsite } from './website';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const site = new TestWebsite();
let context: BrowserContext;
let page: Page;
let space: string;
/** Path of the website. */
let website: string;

test.beforeAll(async ({ browser }) => {
  needs(port, 'the worker reaches no website on loopback (TESSERA_CRAWL_PORT)');
  await site.serve();
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  space = (await post<{ id: string }>(context, '/api/v1/spaces', { name: `Crawled ${stamp}` })).id;
  page = await context.newPage();
});

test.afterAll(async () => {
  site.end();
  await context?.close();
});

async function onEveryScreen(name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [360, 900, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await page.screenshot({ path: `test-results/website-${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize({ width: 1280, height: 900 });
}

const count = (name: string) => page.locator(`[data-count=${name}]`);
const run = () => page.locator('[data-run]').first();

async function expectRun(...states: string[]): Promise<void> {
  await expect(run()).toHaveAttribute('data-run', new RegExp(`^(${states.join('|')})$`), { timeout: 60_000 });
}

test('a space without websites invites to add one', async () => {
  await page.goto(`/spaces/${space}/knowledge`);
  await expect(page.getByRole('heading', { name: 'Include a website' })).toBeVisible();
  await onEveryScreen('none');
  await page.getByRole('link', { name: 'Add website' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('This field is required.')).toBeVisible();
  await page.getByLabel('Web address').fill('two words');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Write complete addresses')).toBeVisible();
  await onEveryScreen('add');
});

test('the first page is shown before anything is crawled', async () => {
  await page.getByLabel('Web address').fill(site.url);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(/\/websites\/[^/]+\/settings$/);
  website = new URL(page.url()).pathname.replace(/\/settings$/, '');
  const check = page.getByRole('region', { name: 'Check a page' });
  await expect(check.getByText('This page can be read')).toBeVisible({ timeout: 30_000 });
  await expect(check.getByText('Allowed by robots.txt')).toBeVisible();
  await expect(check.getByRole('region', { name: 'Text that would be taken' })).toContainText('every Tuesday evening');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Kvarnbacken at home');
  await onEveryScreen('check');
  await check.getByLabel('Page to check').fill(`${site.url}private/minutes`);
  await check.getByRole('button', { name: 'Check' }).click();
  await expect(check.getByText('Nothing would be taken from this page')).toBeVisible({ timeout: 30_000 });
  await expect(check.getByText('robots.txt does not allow it')).toBeVisible();
});

test('a schedule is said in words, and faults are shown where they are', async () => {
  await page.getByLabel('How often').selectOption('weekly');
  await page.getByLabel('Day', { exact: true }).selectOption('friday');
  await page.getByLabel('Time', { exact: true }).fill('04:30');
  await expect(page.locator('[data-schedule]')).toContainText('Every Friday at 04:30');
  await expect(page.locator('[data-schedule]')).toContainText('Next time:');
  await page.getByLabel('How often').selectOption('cron');
  await page.getByLabel('Cron expression').last().fill('* * * * *');
  await page.getByText('More settings').click();
  await page.getByLabel('Only below this path').fill('news');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Write five fields')).toBeVisible();
  await expect(page.getByText('Begin with a slash')).toBeVisible();
  await onEveryScreen('settings');
  await page.getByLabel('Only below this path').fill('');
  await page.getByLabel('How often').selectOption('daily');
});

test('it is crawled while one looks', async () => {
  await page.getByRole('button', { name: 'Save and crawl' }).click();
  await expect(page).toHaveURL(new RegExp(`${website}$`));
  await expectRun('succeeded');
  await expect(count('failed')).toHaveText('1');
  await expect(count('added')).toHaveText('14');
  await expect(page.getByText('1 page could not be read')).toBeVisible();
  await expect(page.getByText('Every day at 04:30')).toBeVisible();
  await expect(page.locator('[data-next]')).toHaveText(/\d{4}/, { timeout: 30_000 });
  await onEveryScreen('overview');
});

test('pages are found, and failures say why', async () => {
  await page.getByRole('link', { name: 'Show them' }).click();
  await expect(page.locator('[data-page=failed]')).toContainText(
    'The server of the website reported an error (status 500).'
  );
  await page.getByLabel('Status').selectOption('');
  await page.getByRole('searchbox', { name: 'Search pages' }).fill('laundry');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.locator('[data-page]')).toHaveCount(1);
  await onEveryScreen('pages');
  await page.getByRole('link', { name: 'The laundry', exact: true }).click();
  await expect(page.getByRole('article')).toContainText('opens at seven in the morning', { timeout: 60_000 });
  const out = page.getByRole('link', { name: `127.0.0.1:${port}/laundry` }).first();
  await expect(out).toHaveAttribute('target', '_blank');
  await expect(out).toHaveAttribute('rel', 'noopener noreferrer');
  await onEveryScreen('page');
});

test('the collection belongs to the website', async () => {
  const { collection_id } = await get<{ collection_id: string }>(context.request, `/api/v1${website}`);
  await page.goto(`/collections/${collection_id}`);
  await expect(page.getByText('A website fills this collection')).toBeVisible();
  await expect(page.getByRole('button', { name: 'choose files' })).toHaveCount(0);
  await expect(page.getByRole('checkbox', { name: 'Select all' })).toHaveCount(0);
  await onEveryScreen('collection');
  await page.getByRole('link', { name: 'Go to the website' }).click();
  await expect(page).toHaveURL(new RegExp(`${website}$`));
});

test('search and answers lead to the page on the web', async () => {
  await page.goto(`/search?q=laundry%20basement&space=${space}`);
  const hit = page.locator('.card-link').filter({ hasText: 'The laundry' });
  await expect(hit.locator('[data-web-source]')).toContainText('Crawled');
  await expect(hit.getByRole('link', { name: /^Open 127\.0\.0\.1/ })).toHaveAttribute('href', `${site.url}laundry`);
  const { collection_id } = await get<{ collection_id: string }>(context.request, `/api/v1${website}`);
  const assistant = await post<{ id: string }>(context, '/api/v1/assistants', {
    space_id: space,
    name: 'Neighbour',
    collection_ids: [collection_id]
  });
  await page.goto(`/chat/new?assistant=${assistant.id}`);
  await page.getByLabel('Your question').fill('When does the laundry in the basement open?');
  await page.keyboard.press('Enter');
  const card = page.locator('.source').filter({ hasText: 'The laundry' }).first();
  await expect(card.locator('[data-web-source]')).toContainText('Crawled', { timeout: 30_000 });
  await card.click();
  const panel = page.getByRole('region', { name: 'Passage' });
  await expect(panel.getByRole('link', { name: new RegExp(`127.0.0.1:${port}/laundry`) })).toHaveAttribute(
    'rel',
    'noopener noreferrer'
  );
});

test('a second crawl finds what changed and nothing else', async () => {
  site.opens = 'eight';
  await page.goto(website);
  const before = await run().locator('a[href*="/runs/"]').last().getAttribute('href');
  await page.getByRole('button', { name: 'Crawl now' }).click();
  await expect(run().locator('a[href*="/runs/"]').last()).not.toHaveAttribute('href', before ?? '');
  await expectRun('succeeded');
  await expect(count('changed')).toHaveText('1');
  await expect(count('unchanged')).toHaveText('13');
  await expect(count('added')).toHaveText('0');
  await count('changed').getByRole('link').click();
  await expect(page.locator('[data-outcome]')).toHaveCount(1);
  await expect(page.locator('[data-outcome=changed]')).toContainText('/laundry');
  const history = page.url();
  await page.locator('[data-outcome=changed]').getByRole('link').first().click();
  await page.waitForURL(/#diff$/);
  // The new text is read apart from the crawl.
  await expect(async () => {
    await page.reload();
    await expect(page.locator('#diff ins')).toContainText('opens at eight', { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.locator('#diff del')).toContainText('opens at seven');
  await onEveryScreen('diff');
  await page.goto(history);
  await page.getByLabel('Result').selectOption('blocked');
  await expect(page.locator('[data-outcome=blocked]')).toContainText('does not allow crawlers here');
  await page.getByLabel('Result').selectOption('');
  await onEveryScreen('run');
  await page.getByRole('link', { name: 'History' }).first().click();
  await expect(page.getByText('2 crawls')).toBeVisible();
  await onEveryScreen('history');
});

test('a crawl is paused, resumed and stopped', async () => {
  site.slow = true;
  await page.goto(website);
  await page.getByRole('button', { name: 'Crawl now' }).click();
  await expectRun('running');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expectRun('paused');
  await onEveryScreen('paused');
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expectRun('running', 'queued');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expectRun('stopped');
  await expect(page.getByText('nothing was removed')).toBeVisible();
  site.slow = false;
});

test('a viewer reads and changes nothing', async ({ browser }) => {
  const person = await newcomer(browser, `Vera Vik ${stamp}`);
  await post(context, `/api/v1/spaces/${space}/members`, { user_id: person.id, role: 'viewer' });
  const theirs = await browser.newContext({ locale: 'en-GB' });
  await signIn(theirs, person);
  const shown = await theirs.newPage();
  await shown.goto(website);
  await expect(shown.getByRole('heading', { name: 'Kvarnbacken at home', level: 1 })).toBeVisible();
  await expect(shown.getByRole('button', { name: 'Crawl now' })).toHaveCount(0);
  await expect(shown.getByRole('link', { name: 'Settings', exact: true })).toHaveCount(0);
  await theirs.close();
});

test('in Swedish nothing is wider than the screen', async ({ browser }) => {
  const swedish = await browser.newContext({ locale: 'sv-SE' });
  await signIn(swedish);
  const shown = await swedish.newPage();
  for (const width of [360, 768, 1024, 1440]) {
    await shown.setViewportSize({ width, height: 900 });
    for (const part of ['', '/pages', '/runs', '/settings']) {
      await shown.goto(website + part);
      await expect(shown.getByRole('heading', { level: 1 })).toBeVisible();
      await expectNoSidewaysScroll(shown);
      await expectAccessible(shown);
      await shown.screenshot({ path: `test-results/website-sv${part.replace('/', '-')}-${width}.png`, fullPage: true });
    }
  }
  await swedish.close();
});

test('deleting a website says what goes', async () => {
  await page.goto(website);
  await page.getByRole('button', { name: 'More actions' }).last().click();
  await page.getByRole('menuitem', { name: 'Delete website' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('14 pages are deleted, with the collection they fill');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(new RegExp(`/spaces/${space}/knowledge$`));
  await expect(page.getByRole('heading', { name: 'Include a website' })).toBeVisible();
});
