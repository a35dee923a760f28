// One's own account: where one is signed in, ending that, and another password.
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { expect, newcomer, signIn, test, type Credentials } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

test.describe.configure({ mode: 'serial' });

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

let person: Credentials;
let context: BrowserContext;
let page: Page;
let phone: BrowserContext;
let phonePage: Page;

async function another(browser: Browser, userAgent: string, viewport = { width: 1440, height: 900 }) {
  const made = await browser.newContext({ userAgent, viewport, locale: 'en-GB' });
  await signIn(made, person);
  return made;
}

test.beforeAll(async ({ browser }) => {
  person = await newcomer(browser, 'Greta Holm');
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await signIn(context, person);
  page = await context.newPage();
  phone = await another(browser, PHONE, { width: 360, height: 740 });
  phonePage = await phone.newPage();
});

test.afterAll(async () => {
  await context.close();
  await phone.close();
});

test('the account menu leads to where one is signed in', async () => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Account and settings' }).click();
  await page.getByRole('menuitem', { name: 'My account' }).click();
  await expect(page).toHaveURL(/\/settings$/);
  const sessions = page.getByRole('list', { name: 'Where you are signed in' });
  await expect(sessions.getByRole('listitem').first()).toContainText('This browser');
  await expect(sessions.getByRole('listitem').first().getByRole('button')).toHaveCount(0);
  await expect(sessions.getByRole('listitem').filter({ hasText: 'Safari on iPhone' })).toContainText('Last used');
  await expectAccessible(page);
});

test('a session that is ended is over with the next click', async () => {
  await phonePage.goto('/settings');
  await expect(phonePage.getByText('This browser')).toBeVisible();
  await expectAccessible(phonePage);
  await expectNoSidewaysScroll(phonePage);
  await page.getByRole('button', { name: 'End the session: Safari on iPhone' }).click();
  await expect(page.getByText('Signed out: Safari on iPhone')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'Safari on iPhone' })).toHaveCount(0);
  await phonePage.goto('/search');
  await expect(phonePage).toHaveURL(/\/sign-in\?return=%2Fsearch$/);
});

test('all others are ended at once', async ({ browser }) => {
  const others = [await another(browser, 'curl/8.5.0'), await another(browser, PHONE)];
  await page.reload();
  await expect(page.getByRole('button', { name: /^End the session/ }).first()).toBeVisible();
  await page.getByRole('button', { name: 'End all others' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'End all others' }).click();
  await expect(page.getByText('You are not signed in anywhere else.')).toBeVisible();
  for (const other of others) {
    expect((await other.request.get('/api/v1/me')).status()).toBe(401);
    await other.close();
  }
});

test('a new password needs the present one, and ends the other sessions', async ({ browser }) => {
  const other = await another(browser, PHONE);
  await page.getByLabel('Current password').fill('not my password');
  await page.getByLabel('New password').fill('short');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Use at least 10 characters.')).toBeVisible();
  const next = 'another password of hers';
  await page.getByLabel('New password').fill(next);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('This is not your current password.')).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/account-wrong-password.png' });
  await page.getByLabel('Current password').fill(person.password);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Your password has been changed')).toBeVisible();
  await expect(page.getByLabel('New password')).toHaveValue('');
  expect((await other.request.get('/api/v1/me')).status()).toBe(401);
  const data = { email: person.email, password: person.password };
  expect((await other.request.post('/api/v1/auth/login', { data })).status()).toBe(401);
  await signIn(other, { ...person, password: next });
  await other.close();
  // Still here.
  await page.goto('/search');
  await expect(page.getByRole('heading', { name: 'Search' })).toBeVisible();
});
