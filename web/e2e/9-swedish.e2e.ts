// The main job in Swedish: search and cited answers over a Swedish and an English document.
import type { BrowserContext, Page } from '@playwright/test';
import { expect, post, shelf, signIn, test } from './stack';
import { expectAccessible } from './accessibility';

test.describe.configure({ mode: 'serial' });

const rules = new URL('../../demo/trivselregler.md', import.meta.url).pathname;

/** Questions in Swedish, and the words that answer them. */
const questions = [
  { of: 'a Swedish document', text: 'Vilka tider får man borra i väggen på en vardag?', words: 'mellan 8 och 19' },
  {
    of: 'an English document',
    text: 'Hur länge i förväg måste jag ansöka om att hyra ut min lägenhet i andra hand?',
    words: shelf.words
  }
] as const;

let context: BrowserContext;
let page: Page;
let space: string;
let assistant: string;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'sv-SE' });
  await signIn(context);
  const create = async (path: string, data: object): Promise<string> =>
    (await post<{ id: string }>(context, `/api/v1/${path}`, data)).id;
  space = await create('spaces', { name: `Kvarnbacken ${Date.now().toString(36)}` });
  const collection = await create('collections', { space_id: space, name: 'Pärmen' });
  assistant = await create('assistants', { space_id: space, name: 'Husvärden', collection_ids: [collection] });
  page = await context.newPage();
  await page.goto(`/collections/${collection}`);
});

test.afterAll(() => context.close());

const answer = () => page.locator('[data-status]').last();

test('documents in both languages become ready on a Swedish page', async () => {
  await page.locator('input[type=file]').first().setInputFiles([rules, shelf.handbook]);
  for (const name of [/trivselregler/i, /handbook/i]) {
    await expect(page.getByRole('row').filter({ hasText: name })).toContainText('Klart', { timeout: 60_000 });
  }
});

for (const { of, text, words } of questions) {
  test(`a search in Swedish finds the text of ${of}`, async () => {
    await page.goto(`/search?space=${space}`);
    await page.getByRole('searchbox', { name: 'Sök i dokumenten' }).fill(text);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('status').filter({ hasText: /^\s*\d+ träff(ar)?\s+i \d+ dokument/ })).toBeVisible();
    await page.screenshot({ path: `test-results/search-sv-${words === shelf.words ? 'en' : 'sv'}.png` });
    await expectAccessible(page);
    await page.locator('main ol h2 a').first().click();
    await expect(page.locator('mark').first()).toBeVisible();
  });

  test(`an answer in Swedish cites ${of}`, async () => {
    await page.goto(`/chat/new?assistant=${assistant}`);
    await page.getByLabel('Din fråga').fill(text);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}$/);
    await expect(answer()).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
    await expect(answer()).toContainText(words);
    const citation = answer().getByRole('link', { name: /^Källa 1: / });
    await citation.first().click();
    const panel = page.getByRole('region', { name: 'Textavsnitt' });
    await expect(panel.locator('mark').first()).toBeVisible();
    await page.screenshot({ path: `test-results/answer-sv-${words === shelf.words ? 'en' : 'sv'}.png` });
    await expectAccessible(page);
  });
}
