// Links that are mailed: a forgotten password is chosen anew, and an invitation comes without the administrator's help.
import type { BrowserContext, Page } from '@playwright/test';
import { expect, invite, needs, newcomer, signIn, test, type Credentials } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';
import { linkMailedTo, emailsTo, outbox } from './outbox';

test.describe.configure({ mode: 'serial' });
needs(outbox, 'TESSERA_OUTBOX names no folder with the mails');

const NEXT = 'a new password of his';

let person: Credentials;
let context: BrowserContext;
let page: Page;
let elsewhere: BrowserContext;
let link: string;

test.beforeAll(async ({ browser }) => {
  person = await newcomer(browser, 'Kåre Lind');
  elsewhere = await browser.newContext();
  await signIn(elsewhere, person);
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  page = await context.newPage();
});

test.afterAll(async () => {
  await context.close();
  await elsewhere.close();
});

async function askFor(email: string): Promise<void> {
  await page.goto('/forgotten');
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Send the link' }).click();
}

async function narrowAndWide(name: string): Promise<void> {
  await expectAccessible(page);
  await page.screenshot({ path: `test-results/${name}.png` });
  await page.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1280, height: 900 });
}

test('whoever forgot the password asks for a link, and learns nothing about others', async () => {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Forgot password?' }).click();
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
  await narrowAndWide('forgotten');
  const unknown = `nobody.${person.email}`;
  await askFor(unknown);
  await expect(page.getByRole('main')).toContainText(unknown);
  const shown = (await page.getByRole('main').innerText()).replace(unknown, '…');
  await askFor(person.email);
  await expect(page.getByRole('main')).toContainText(person.email);
  expect((await page.getByRole('main').innerText()).replace(person.email, '…')).toBe(shown);
  await narrowAndWide('forgotten-sent');
  link = await linkMailedTo(person.email, '/reset');
  expect(link).toMatch(/^\/reset#\w{32,}$/);
  expect(emailsTo(unknown)).toEqual([]);
});

test('the mailed link lets them choose a new password, and ends every session', async () => {
  await page.goto(link);
  await expect(page.getByLabel('New password')).toBeVisible();
  // Neither the history nor a glance at the screen gives the secret away.
  expect(new URL(page.url()).hash).toBe('');
  await page.getByLabel('New password').fill('short');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Use at least 10 characters.')).toBeVisible();
  await narrowAndWide('reset');
  await page.getByLabel('New password').fill(NEXT);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/sign-in\?done=reset$/);
  await expect(page.getByRole('main')).toContainText('Your password has been changed.');
  await narrowAndWide('reset-done');
  expect((await elsewhere.request.get('/api/v1/me')).status()).toBe(401);
});

test('the old password lets nobody in, the new one does', async () => {
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Password', { exact: true }).fill(NEXT);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Account and settings' })).toContainText('Kåre Lind');
});

test('the link works once, and one for somebody else changes nobody else’s', async ({ page: other }) => {
  await other.goto(link);
  await other.getByLabel('New password').fill('whoever finds the mail');
  await other.getByRole('button', { name: 'Change password' }).click();
  await expect(other.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
  await expectAccessible(other);
  await other.screenshot({ path: 'test-results/reset-used.png' });
  await other.getByRole('link', { name: 'Request a new link' }).click();
  await expect(other).toHaveURL(/\/forgotten$/);
  const data = { email: person.email, password: NEXT };
  expect((await other.request.post('/api/v1/auth/login', { data })).status()).toBe(200);
});

test('an invitation is mailed, and its link leads in', async ({ browser, page: other }) => {
  const inviting = await browser.newContext();
  await signIn(inviting);
  const { email } = await invite(inviting, 'Lisbet Öst');
  await inviting.close();
  await other.goto(await linkMailedTo(email, '/invitation'));
  await expect(other.getByLabel('Your e-mail')).toHaveValue(email);
});
