// A newcomer drops a file and asks: how many clicks and seconds until the first cited answer.
import { readFileSync } from 'node:fs';
import { dropFiles, expect, newcomer, shelf, test } from './stack';
import { expectAccessible } from './accessibility';

const handbook = () => ({ name: 'handbook.pdf', type: 'application/pdf', body: readFileSync(shelf.handbook) });

test('a newcomer drops a file, asks, and gets a cited answer without making anything first', async ({
  page,
  browser
}, info) => {
  const { email, password } = await newcomer(browser, 'Nils Ny');
  let clicks = 0;
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: /Nils/ })).toBeVisible();
  const began = Date.now();
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/first-home.png' });

  await dropFiles(page, [handbook()]);
  await page.getByLabel('Your question').fill(shelf.question);
  // Sent at once; it waits for the document by itself.
  await page.keyboard.press('Enter');
  clicks += 1;
  const answer = page.locator('[data-status]').last();
  await expect(answer).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
  await expect(answer).toContainText(shelf.words);
  await expect(answer.locator('a.chip').first()).toBeVisible();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const figure = `first cited answer of a new user: ${clicks} key press or click after the drop, ${seconds} s`;
  console.log(figure);
  info.annotations.push({ type: 'figure', description: figure });

  await page.goto('/');
  await expect(page.getByText('My documents').first()).toBeVisible();
});

test('files that are chosen, not dropped, go to one’s own documents too', async ({ page, browser }) => {
  const { email, password } = await newcomer(browser, 'Nina Ny');
  await page.request.post('/api/v1/auth/login', { data: { email, password } });
  await page.goto('/chat/new');
  await page.locator('input[type=file]').first().setInputFiles(shelf.rooms);
  await expect(page.locator('[data-fresh=ready]')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('link', { name: 'Show everything in My documents' }).click();
  await expect(page.getByRole('heading', { name: 'My documents' })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'Ready' })).toHaveCount(1);
  // A second time nothing new is made.
  await page.goto('/');
  await page.locator('input[type=file]').first().setInputFiles(shelf.handbook);
  await expect(page.locator('[data-fresh=ready]')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('link', { name: /in My documents/ }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Ready' })).toHaveCount(2, { timeout: 60_000 });
});

test('in Swedish the personal space is no staff department', async ({ page, browser }) => {
  const { email, password } = await newcomer(browser, 'Sven Ny');
  await page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
  await page.request.post('/api/v1/auth/login', { data: { email, password } });
  await page.goto('/');
  const menu = page.getByRole('navigation', { name: 'Huvudmeny' });
  await expect(menu.getByRole('link', { name: 'Min yta' })).toBeVisible();
  await menu.getByRole('link', { name: 'Min yta' }).click();
  await expect(page.getByRole('heading', { name: 'Min yta', level: 1 })).toBeVisible();
  await expect(page.locator('body')).not.toContainText(/\bPersonal\b/);
});
