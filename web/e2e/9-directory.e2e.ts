// Directory sync: an administrator makes a key, a directory works with it, and stops when it is revoked.
import type { APIRequestContext, BrowserContext, Page } from '@playwright/test';
import { change, expect, get, signIn, test } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const name = `Entra ID ${stamp}`;
const user = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: `sven.${stamp}@example.org`,
  displayName: `Sven Alm ${stamp}`,
  active: true
};

let context: BrowserContext;
let page: Page;
let address: string;
let directory: APIRequestContext;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  page = await context.newPage();
});

test.afterAll(async () => {
  await directory.dispose();
  await context.close();
});

const list = () => page.getByRole('list', { name: 'Directory keys' });
const row = () => list().getByRole('listitem').filter({ hasText: name });

test('an administrator makes a key, which is shown once', async ({ playwright }) => {
  await page.goto('/admin/people');
  await page.getByRole('link', { name: 'Directory sync' }).click();
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await expect(dialog.getByText('This field is required.')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel('Which directory is it for?').fill(name);
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await expect(dialog).toContainText('It is only shown once');
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/directory-key.png' });
  const key = await dialog.getByLabel('Key', { exact: true }).inputValue();
  await dialog.getByRole('button', { name: 'I have saved it' }).click();
  await expect(row()).toContainText('Never used');
  address = await page.getByLabel('Address for SCIM').inputValue();
  directory = await playwright.request.newContext({ extraHTTPHeaders: { authorization: `Bearer ${key}` } });
  await page.reload();
  await expect(row()).toBeVisible();
  expect(await page.content()).not.toContain(key);
});

test('with address and key a directory makes somebody', async () => {
  const made = await directory.post(`${address}/Users`, { data: user });
  expect(made.status(), await made.text()).toBe(201);
  await page.reload();
  await expect(row()).toContainText('Last used this minute');
  await page.goto(`/admin/people?q=${encodeURIComponent(user.userName)}`);
  await expect(page.getByRole('row').filter({ hasText: user.displayName })).toBeVisible();
  // Nothing else is open to it.
  expect((await directory.get(new URL('/api/v1/admin/users', address).href)).status()).toBe(401);
});

test('the page says what to do at the directory, on every screen', async () => {
  await page.goto('/admin/directory');
  await expect(page.getByRole('heading', { name: 'Microsoft Entra ID' })).toBeVisible();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [390, 768, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await page.screenshot({ path: `test-results/directory-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
});

test('a revoked key is refused at once', async () => {
  await page.getByRole('button', { name: `Revoke ${name}` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('The people and groups it created stay as they are.');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText(`Revoked: ${name}`)).toBeVisible();
  await expect(row()).toHaveCount(0);
  expect((await directory.get(`${address}/Users`)).status()).toBe(401);
  const { users } = await get<{ users: { id: string }[] }>(
    context.request,
    `/api/v1/admin/users?q=${encodeURIComponent(user.userName)}`
  );
  expect(users).toHaveLength(1);
  await change(context, 'DELETE', `/api/v1/admin/users/${users[0]?.id}`);
});
