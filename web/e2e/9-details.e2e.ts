// Small things that people notice: what is printed, how a date is written, where the way back leads.
import type { Page } from '@playwright/test';
import { change, dropFiles, expect, get, makeShelf, post, test, withShelf } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

const shelf = withShelf();

const inSwedish = (page: Page) => page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
const citation = (page: Page) => page.locator('[data-status="done"] a.chip').first();
const leftOf = async (page: Page, selector: string) =>
  Math.round((await page.locator(selector).boundingBox())?.x ?? -1);

test('the badge of a failed document is as wide as its word', async ({ page, context }) => {
  const path = `/api/v1/collections/${shelf.collection}/documents`;
  const { documents } = await get<{ documents: { id: string; status: string }[] }>(context.request, path);
  await page.goto(`/documents/${documents.find(({ status }) => status === 'failed')?.id}`);
  const badge = page.locator('main .badge', { hasText: 'Failed' });
  await expect(badge).toBeVisible();
  expect((await badge.boundingBox())?.width ?? 999).toBeLessThan(120);
});

test('a running upload is shown on every other page, and leads to its collection', async ({ page, context }) => {
  const collection = await post<{ id: string }>(context, '/api/v1/collections', {
    space_id: shelf.space,
    name: 'Slow'
  });
  await page.route('**/documents?filename=*', () => undefined);
  await page.goto(`/collections/${collection.id}`);
  await dropFiles(page, [{ name: 'slow.txt', type: 'text/plain', body: Buffer.from('text') }]);
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  const running = page.getByRole('link', { name: 'Uploading 1 file' });
  await running.click();
  await expect(page).toHaveURL(new RegExp(`/collections/${collection.id}$`));
});

test('from a source one comes back to the answer, with the source still open', async ({ page }) => {
  await page.goto(`/chat/${shelf.conversation}`);
  await citation(page).click();
  const panel = page.getByRole('region', { name: 'Passage' });
  const open = panel.getByRole('link', { name: 'Open document' });
  await open.click();
  await expect(page.getByRole('navigation', { name: 'You are here' })).toContainText('Handbook and house rules');
  await page.getByRole('link', { name: 'Back to the answer' }).click();
  await expect(panel.locator('mark')).toBeVisible();
  await open.click();
  await expect(page.getByRole('link', { name: 'Back to the answer' })).toBeVisible();
  await page.goBack();
  await expect(panel.locator('mark')).toBeVisible();
  await expect(citation(page)).toBeInViewport();
  // From elsewhere the conversation opens alone.
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Search', level: 1 })).toBeVisible();
  await page.goBack();
  await expect(citation(page)).toBeVisible();
  await expect(panel).toHaveCount(0);
});

test('a source whose document was deleted says so, and leads nowhere', async ({ page, context }) => {
  const own = await makeShelf(context);
  await page.goto(`/chat/${own.conversation}`);
  await expect(citation(page)).toBeVisible();
  await change(context, 'DELETE', `/api/v1/documents/${own.document}`);
  await citation(page).click();
  const panel = page.getByRole('region', { name: 'Passage' });
  await expect(panel).toContainText('This document has been deleted, or you no longer have access to it.');
  await expect(panel).not.toContainText('Apply at least six weeks');
  await expect(panel).not.toContainText('Reference number');
  await expect(panel.getByRole('link', { name: 'Open document' })).toHaveCount(0);
});

test('the numbers of steps have no gap before their dot', async ({ page }) => {
  await page.goto('/admin/directory');
  const step = page.locator('main ol li').first();
  await expect(step).toBeVisible();
  expect(await step.evaluate((item) => getComputedStyle(item, '::marker').fontVariantNumeric)).toBe('normal');
});

test('a conversation is printed whole, without sidebar and buttons', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 500 });
  await page.goto(`/chat/${shelf.conversation}`);
  await expect(citation(page)).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeHidden();
  await expect(page.getByLabel('Your question')).toBeHidden();
  expect(await page.locator('.messages').evaluate((box) => box.scrollHeight - box.clientHeight)).toBeLessThan(2);
  const answer = await page.locator('[data-status="done"]').last().boundingBox();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  expect((answer?.y ?? 0) + (answer?.height ?? 0)).toBeLessThanOrEqual(height + 1);
});

test('the fields of the organisation share one width, and Save stands below them', async ({ page }) => {
  await page.goto('/admin/settings');
  await expect(page.getByLabel('Allowed origins')).toBeVisible();
  const widths = await page
    .locator('main form .input')
    .evaluateAll((fields) => fields.map((field) => Math.round(field.getBoundingClientRect().width)));
  expect(new Set(widths).size, `widths ${widths.join()}`).toBe(1);
  expect(await leftOf(page, 'main form button[type=submit]')).toBe(await leftOf(page, 'main form textarea'));
  await expect(page.getByText('30 to 2555 days')).toBeVisible();
});

test('the switch and Save of single sign-on stand in the column of the fields', async ({ page }) => {
  await page.goto('/admin/single-sign-on');
  const begin = page.getByRole('button', { name: 'Set up single sign-on' });
  const save = page.getByRole('button', { name: 'Save' });
  await expect(begin.or(save)).toBeVisible();
  if (await begin.isVisible()) await begin.click();
  const left = await leftOf(page, 'main form .input >> nth=0');
  expect(await leftOf(page, 'main form button[type=submit]')).toBe(left);
  expect(await leftOf(page, 'main form input[type=checkbox] >> nth=-1')).toBe(left);
});

for (const [language, shown, typed, fault] of [
  ['en', '09/03/2026', '31/04/2026', 'Enter a date like 28/11/2026.'],
  ['sv', '2026-03-09', '2026-04-31', 'Ange ett datum så här: 2026-11-28.']
] as const) {
  test(`dates of the audit log are written and read in ${language}`, async ({ page }) => {
    if (language === 'sv') await inSwedish(page);
    const sv = language === 'sv';
    await page.goto('/admin/audit');
    await page.getByLabel(sv ? 'Skäl' : 'Reason').fill('A test of the dates');
    await page.getByRole('button', { name: sv ? 'Läs loggen' : 'Read the log' }).click();
    const from = page.getByLabel(sv ? 'Från' : 'From', { exact: true });
    await from.fill('2026-03-09');
    await from.press('Tab');
    await expect(from).toHaveValue(shown);
    await page.getByRole('button', { name: sv ? 'Välj i kalendern: Från' : 'Choose from the calendar: From' }).click();
    const calendar = page.getByRole('dialog', { name: sv ? 'Från' : 'From' });
    await expect(calendar.getByRole('status')).toHaveText(sv ? 'mars 2026' : 'March 2026');
    await expect(calendar.getByRole('columnheader').first()).toHaveText(sv ? 'mån' : 'Mon');
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.screenshot({ path: `test-results/calendar-${language}.png` });
    await page.keyboard.press('PageDown');
    await page.keyboard.press('ArrowLeft');
    await expect(calendar.getByRole('status')).toHaveText(sv ? 'april 2026' : 'April 2026');
    await page.keyboard.press('Enter');
    await expect(from).toHaveValue(sv ? '2026-04-08' : '08/04/2026');
    await page.getByRole('button', { name: sv ? 'Visa' : 'Show', exact: true }).click();
    await expect(page).toHaveURL(/from=2026-04-08/);
    await from.fill(typed);
    await from.press('Tab');
    await expect(page.getByText(fault)).toBeVisible();
  });
}
