// The main job: documents in, cited answers out, in one browser from beginning to end.
import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from '@playwright/test';
import { dropFiles, expect, picture, shelf, signIn, test } from './stack';
import { expectAccessible } from './accessibility';

test.describe.configure({ mode: 'serial' });

let context: BrowserContext;
let page: Page;
const spaceName = `Kvarnbacken ${Date.now().toString(36)}`;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  page = await context.newPage();
  await page.goto('/');
});

test.afterAll(() => context.close());

const answer = () => page.locator('[data-status]').last();
const row = (name: string) => page.getByRole('row').filter({ hasText: name });

async function ask(question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question);
  await page.keyboard.press('Enter');
}

test('a space and a collection are made', async () => {
  await page.getByRole('button', { name: 'New space' }).click();
  await page.getByLabel('Name', { exact: true }).fill(spaceName);
  await page.getByLabel('Description').fill('Rules and minutes of the cooperative.');
  await page.getByRole('dialog').getByRole('button', { name: 'Create space' }).click();
  await expect(page.getByRole('heading', { name: spaceName })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'New collection' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Handbook');
  await page.getByRole('button', { name: 'Create collection' }).click();
  await expect(page.getByRole('heading', { name: 'Handbook' })).toBeVisible();
});

test('two documents are dropped and become ready before one’s eyes', async () => {
  await dropFiles(page, [
    { name: 'handbook.pdf', type: 'application/pdf', body: readFileSync(shelf.handbook) },
    { name: 'common-rooms.md', type: 'text/markdown', body: readFileSync(shelf.rooms) }
  ]);
  await expect(row('handbook.pdf')).toBeVisible();
  await page.screenshot({ path: 'test-results/upload-progress.png' });
  await expect(row('handbook.pdf')).toContainText('Ready', { timeout: 60_000 });
  await expect(row('common-rooms.md')).toContainText('Ready', { timeout: 60_000 });
  await expect(row('handbook.pdf')).toContainText(/\d+ pages/);
});

test('a failed document says what is wrong and what to do', async () => {
  await dropFiles(page, [
    { name: 'letter.pdf', type: 'application/pdf', body: picture },
    { name: 'empty.txt', type: 'text/plain', body: Buffer.alloc(0) }
  ]);
  await expect(page.getByRole('alert')).toContainText('The file is empty');
  await page.getByRole('button', { name: 'Remove empty.txt from the list' }).click();
  await expect(row('letter.pdf')).toContainText('Failed', { timeout: 60_000 });
  await expect(row('letter.pdf')).toContainText(/PNG|picture|image/i);
  await page.screenshot({ path: 'test-results/upload-failed.png' });
  await expectAccessible(page);
  await row('letter.pdf')
    .getByRole('button', { name: /Delete/ })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(row('letter.pdf')).toHaveCount(0);
});

test('an assistant reads the collection', async () => {
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: spaceName }).click();
  await page.getByRole('link', { name: 'New assistant' }).click();
  await page.getByRole('button', { name: 'Create assistant' }).click();
  await expect(page.getByText('This field is required.')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('House rules');
  await expect(page.getByRole('checkbox', { name: /Handbook/ })).toBeChecked();
  await page.getByRole('button', { name: 'Create assistant' }).click();
  await expect(page.getByRole('heading', { name: 'Ask House rules' })).toBeVisible();
});

test('an answer cites the passage', async () => {
  await ask(shelf.question);
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}$/);
  await expect(page.locator('.question')).toHaveText(new RegExp(shelf.question.slice(0, 40)));
  await expect(answer()).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
  await expect(answer()).toContainText(shelf.words);
  await expect(
    answer()
      .getByRole('link', { name: /^Source 1: / })
      .first()
  ).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('New conversation');
  await page.screenshot({ path: 'test-results/answer.png' });
  await expectAccessible(page);
});

test('a citation opens the very passage, in its page', async () => {
  const citation = answer().locator('a.chip').first();
  await citation.hover();
  await expect(page.getByRole('tooltip')).toBeVisible();
  await citation.click();
  const panel = page.getByRole('region', { name: 'Passage' });
  await expect(panel.locator('mark')).toContainText(shelf.words);
  await expect(panel).toContainText(`Page ${shelf.page} of`);
  await expect(panel.locator('mark')).toBeInViewport();
  await page.screenshot({ path: 'test-results/passage.png' });
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(citation).toBeFocused();
  await citation.click();
  await panel.getByRole('link', { name: 'Open document' }).click();
  await expect(page).toHaveURL(/\/documents\/[0-9a-f-]+\?chunk=/);
  await expect(page.locator('mark')).toContainText(shelf.words);
  await expect(page.locator('mark')).toBeInViewport();
  await page.goBack();
  await expect(panel.locator('mark')).toContainText(shelf.words);
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
});

test('on a phone the passage opens as a sheet', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await answer().locator('a.chip').first().click();
  const sheet = page.getByRole('dialog', { name: 'Passage' });
  await expect(sheet.locator('mark')).toContainText(shelf.words);
  await page.screenshot({ path: 'test-results/passage-360.png' });
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('what the documents do not hold is said', async () => {
  await ask('When does the ferry to the island leave on Sundays?');
  await expect(answer()).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
  await expect(answer().locator('a.chip')).toHaveCount(0);
  await page.screenshot({ path: 'test-results/nothing-found.png' });
});

test('a reload keeps everything', async () => {
  const texts = await page.locator('[data-status] .text').allInnerTexts();
  await page.reload();
  await expect(page.locator('[data-status]')).toHaveCount(2);
  expect(await page.locator('[data-status] .text').allInnerTexts()).toEqual(texts);
  await expect(page.locator('a.chip').first()).toBeVisible();
});

test('a conversation is renamed and deleted', async () => {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByLabel('Title').fill('Subletting');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Subletting' })).toBeVisible();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Subletting' })).toBeVisible();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('link', { name: 'Subletting' })).toHaveCount(0);
});

test('search finds the passage by its meaning and opens it', async () => {
  await page.goto('/search');
  await page.getByRole('searchbox', { name: 'Search your documents' }).fill('permission to rent out my flat');
  await page.keyboard.press('Enter');
  await page
    .getByRole('listitem')
    .filter({ hasText: /sublet/i })
    .getByRole('link')
    .first()
    .click();
  await expect(page.locator('mark').first()).toBeVisible();
});

test('a passage far down in a document is brought into view, and has no page where there are none', async () => {
  await page.goto(`/search?q=${encodeURIComponent('On which day does the book circle meet?')}`);
  const hit = page.getByRole('listitem').filter({ hasText: 'Common rooms', has: page.getByText(/book circle/) });
  await expect(hit.first()).not.toContainText(/Page \d/);
  await hit.first().getByRole('link').click();
  await expect(page).toHaveURL(/\?chunk=/);
  const mark = page.locator('article mark');
  const shows = async () => {
    await expect(mark).toContainText('book circle');
    await expect(mark).toBeInViewport();
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(0);
  };
  await shows();
  await page.reload();
  await shows();
  await expect(page.locator('main')).not.toContainText(/Page \d|\d pages?/);
});

test('a document without pages is turned by parts', async () => {
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: spaceName }).click();
  await page.getByRole('link', { name: 'Knowledge', exact: true }).click();
  await page.getByRole('link', { name: 'Handbook' }).click();
  await expect(page.getByRole('heading', { name: 'Handbook', level: 1 })).toBeVisible();
  const sections = Array.from(
    { length: 200 },
    (_, at) => `## Case ${at + 1}\n\n${'The board heard both sides. '.repeat(8)}`
  );
  const body = Buffer.from(`# Cases\n\n${sections.join('\n\n')}\n`);
  await dropFiles(page, [{ name: 'cases.md', type: 'text/markdown', body }]);
  await expect(row('Cases')).toContainText('Ready', { timeout: 60_000 });
  await row('Cases').getByRole('link', { name: 'Cases' }).first().click();
  await expect(page.getByRole('status').filter({ hasText: /^Part 1 of \d+$/ })).toHaveCount(1);
  await page.getByRole('button', { name: 'Next part' }).first().click();
  await expect(page).toHaveURL(/\?page=2$/);
  await expect(page.getByRole('status').filter({ hasText: /^Part 2 of \d+$/ })).toHaveCount(1);
  await expect(page.getByLabel('Go to part').first()).toHaveValue('2');
  await expect(page.locator('main')).not.toContainText(/Page \d|\d pages?/);
  await expectAccessible(page);
});

test('a deleted space is gone', async () => {
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: spaceName }).click();
  await page.getByRole('link', { name: 'About' }).click();
  await page.getByRole('button', { name: 'Delete space' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('link', { name: spaceName })).toHaveCount(0);
});
