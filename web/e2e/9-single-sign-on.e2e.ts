// Single sign-on: an administrator sets up a provider, people come in through it and leave through it.
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { change, expect, get, needs, signIn, test } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';
import { client, comeInAs, reachable, startProvider, type Provider } from './provider';

test.describe.configure({ mode: 'serial' });
needs(reachable, 'the stack reaches no provider on loopback');

const stamp = Date.now().toString(36);
// Longer than a phone is wide.
const button = `Sign in with the account of Kvarnbacken housing cooperative ${stamp}`;
const anna = { email: `anna.${stamp}@example.org`, email_verified: true, name: `Anna Ek ${stamp}`, groups: ['board'] };
const stranger = { ...anna, email: `otto.${stamp}@elsewhere.example`, name: 'Otto Stranger', groups: [] };

let provider: Provider;
let slug: string;
// Where the organisation's provider sends people back to.
let callback: RegExp;
let context: BrowserContext;
let page: Page;
let annaContext: BrowserContext;
let annaPage: Page;

async function fresh(browser: Browser): Promise<[BrowserContext, Page]> {
  const made = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  // The provider's pages ask for fonts of somebody else.
  await made.route(
    ({ hostname }) => hostname !== '127.0.0.1',
    (route) => route.abort()
  );
  return [made, await made.newPage()];
}

async function narrowAndWide(shown: Page, name: string): Promise<void> {
  await expectAccessible(shown);
  await shown.screenshot({ path: `test-results/${name}.png`, fullPage: true });
  await shown.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(shown);
  await expectNoSidewaysScroll(shown);
  await shown.screenshot({ path: `test-results/${name}-360.png`, fullPage: true });
  await shown.setViewportSize({ width: 1280, height: 900 });
}

test.beforeAll(async ({ browser, baseURL }) => {
  [context, page] = await fresh(browser);
  [annaContext, annaPage] = await fresh(browser);
  await signIn(context);
  const { tenant } = await get<{ tenant: { id: string; slug: string } }>(context.request, '/api/v1/me');
  slug = tenant.slug;
  callback = new RegExp(`/api/v1/auth/oidc/callback/${tenant.id}$`);
  provider = await startProvider(baseURL ?? '', tenant.id, { [anna.email]: anna, [stranger.email]: stranger });
});

test.afterAll(async () => {
  provider.end();
  if ((await context.request.get('/api/v1/admin/federation')).ok()) {
    await change(context, 'DELETE', '/api/v1/admin/federation');
  }
  await context.close();
  await annaContext.close();
});

test('an administrator sets up the provider, and the page says what is missing', async () => {
  await page.goto('/admin/people');
  await page.getByRole('link', { name: 'Single sign-on' }).click();
  await page.getByRole('button', { name: 'Set up single sign-on' }).click();
  await page.getByLabel('Type of provider').selectOption('Another OpenID Connect provider');
  await expect(page.getByLabel('Redirect address', { exact: true })).toHaveValue(callback);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('This field is required.').first()).toBeVisible();
  await expect(page.getByText('Enter at least one: otherwise anyone would get an account.')).toBeVisible();
  await narrowAndWide(page, 'single-sign-on-faults');
  await page.getByLabel('Name on the button').fill(button.replace('Sign in with ', ''));
  await page.getByLabel('Issuer').fill(provider.issuer);
  await page.getByLabel('Client id').fill(client.id);
  await page.getByLabel('Client secret').fill('not the secret at all');
  await page.getByLabel('Allowed e-mail domains').fill('example.org');
  await page.getByRole('button', { name: 'Add group' }).click();
  await page.getByLabel('Group 1', { exact: true }).fill('board');
  await page.getByLabel('Role for group 1').selectOption('Manager');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved. Run the test to see whether it works.')).toBeVisible();
  await expect(page.getByLabel('Redirect address', { exact: true })).toHaveValue(callback);
});

test('the test names the one thing that is wrong, and is content when it is mended', async () => {
  await page.getByRole('button', { name: 'Run the test' }).click();
  await expect(page.getByText('This does not work yet:')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: '(failed)' })).toHaveText(/^\s*Client id and secret/);
  await narrowAndWide(page, 'single-sign-on-wrong');
  await page.getByLabel('Client secret').fill(client.secret);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(/^Saved: .*7Q4x/)).toBeVisible();
  await page.getByRole('button', { name: 'Run the test' }).click();
  await expect(page.getByText('Everything works.')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: '(failed)' })).toHaveCount(0);
  expect(await page.content()).not.toContain(client.secret);
  await narrowAndWide(page, 'single-sign-on-good');
});

test('somebody new comes in through the button, to the page that they asked for', async () => {
  await annaPage.goto('/search?q=guest%20flat');
  await expect(annaPage).toHaveURL(/\/sign-in\?return=/);
  await annaPage.getByText('Sign in through your organisation').click();
  // An organisation that is not there looks like one without a provider.
  await annaPage.getByLabel('Short name of the organisation').fill('nobody-has-this-name');
  await annaPage.getByRole('button', { name: 'Show sign-in options' }).click();
  await expect(annaPage.getByRole('link', { name: button })).toHaveCount(0);
  await expect(annaPage.getByText('Organisation: nobody-has-this-name')).toBeVisible();
  await annaPage.getByLabel('Short name of the organisation').fill(slug.toUpperCase());
  await annaPage.getByRole('button', { name: 'Show sign-in options' }).click();
  await expect(annaPage.getByRole('link', { name: button })).toBeVisible();
  await narrowAndWide(annaPage, 'sign-in-provider');
  await annaPage.getByRole('link', { name: button }).click();
  await comeInAs(annaPage, anna.email);
  await expect(annaPage).toHaveURL(/\/search\?q=guest(%20|\+)flat$/);
  await expect(annaPage.getByRole('button', { name: 'Account and settings' })).toContainText(anna.name);
  const me = await get<{ email: string; role: string }>(annaContext.request, '/api/v1/me');
  expect(me).toMatchObject({ email: anna.email, role: 'manager' });
});

test('signing out ends the session at the provider, too', async () => {
  await annaPage.getByRole('button', { name: 'Account and settings' }).click();
  await annaPage.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(annaPage).toHaveURL((url) => url.href.startsWith(`${provider.issuer}/session/end`));
  expect((await annaContext.request.get('/api/v1/me')).status()).toBe(401);
  await annaPage.getByRole('button', { name: 'Yes, sign me out' }).click();
  // This browser knows the organisation by now; the provider knows nobody any more.
  await expect(annaPage).toHaveURL(/\/sign-in/);
  await annaPage.getByRole('link', { name: button }).click();
  await expect(annaPage.getByPlaceholder('Enter any login')).toBeVisible();
});

test('whoever calls it off is told so, with the number of this very try', async () => {
  await annaPage.getByRole('link', { name: 'Cancel' }).click();
  await expect(annaPage).toHaveURL(/\/sign-in\?error=\w+&correlation=\w+$/);
  const number = new URL(annaPage.url()).searchParams.get('correlation') ?? '';
  await expect(annaPage.getByRole('alert')).toContainText(`Reference number ${number}`);
  await narrowAndWide(annaPage, 'sign-in-cancelled');
  // Trying again is a click away.
  await annaPage.getByRole('link', { name: button }).click();
  await comeInAs(annaPage, anna.email);
  await expect(annaPage.getByRole('button', { name: 'Account and settings' })).toContainText(anna.name);
});

test('whoever may not come in is told why', async ({ browser }) => {
  const [strangers, there] = await fresh(browser);
  await there.goto(`/sign-in?tenant=${slug}`);
  await there.getByRole('link', { name: button }).click();
  await comeInAs(there, stranger.email);
  await expect(there.getByRole('alert')).toContainText('Signing in failed');
  await expect(there.getByRole('alert')).toContainText(/Reference number \w+/);
  await narrowAndWide(there, 'sign-in-refused');
  expect((await strangers.request.get('/api/v1/me')).status()).toBe(401);
  await strangers.close();
});

test('without the provider there is a password again', async () => {
  await page.getByRole('button', { name: 'Remove single sign-on' }).click();
  const dialog = page.getByRole('dialog');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Remove single sign-on' }).click();
  await expect(page.getByText('No provider yet')).toBeVisible();
  await annaContext.clearCookies();
  await annaPage.goto(`/sign-in?tenant=${slug}`);
  await expect(annaPage.getByLabel('Password', { exact: true })).toBeVisible();
  await expect(annaPage.getByRole('link', { name: button })).toHaveCount(0);
});
