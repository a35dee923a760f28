// People: an administrator invites somebody, who comes in, gets a space, and loses access again.
import type { BrowserContext, Page } from '@playwright/test';
import { admin, change, expect, get, invite, needs, post, signIn, test } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const guest = { name: 'Frida Nyberg', email: `frida.${stamp}@example.org`, password: 'a password of her own' };
const spaceName = `Board ${stamp}`;

let context: BrowserContext;
let page: Page;
let guestContext: BrowserContext;
let guestPage: Page;
let link: string;
let space: string;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  page = await context.newPage();
  guestContext = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  guestPage = await guestContext.newPage();
  space = (await post<{ id: string }>(context, '/api/v1/spaces', { name: spaceName })).id;
});

test.afterAll(async () => {
  await context.close();
  await guestContext.close();
});

const row = (name: string) => page.getByRole('row').filter({ hasText: name });

async function choose(name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

test('an administrator invites somebody and gets the link once', async () => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Account and settings' }).click();
  await page.getByRole('menuitem', { name: 'Administration' }).click();
  await expect(page.getByRole('heading', { name: 'People', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Invite person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill(guest.email);
  await dialog.getByLabel('Name').fill('F. Nyberg');
  await expect(dialog.getByRole('radio')).toHaveCount(3);
  await dialog.getByRole('button', { name: 'Create link' }).click();
  await expect(dialog).toContainText('Works once, until');
  await page.screenshot({ path: 'test-results/people-link.png' });
  await expectAccessible(page);
  const url = new URL(await dialog.getByLabel('Invitation link').inputValue());
  link = url.pathname + url.hash;
  expect(link).toMatch(/^\/invitation#\w{32,}$/);
  await dialog.getByRole('button', { name: 'Copy link' }).click();
  await expect(dialog.getByRole('button', { name: 'Copied' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(row('F. Nyberg')).toContainText('Invited');
  await expect(row('F. Nyberg')).toContainText('Never');
});

test('an address can be invited once', async () => {
  await page.getByRole('button', { name: 'Invite person' }).click();
  await page.getByRole('dialog').getByLabel('E-mail').fill(guest.email);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('Someone with this address already exists.');
  await page.keyboard.press('Escape');
});

test('the link lets them choose a password and leads into the app', async () => {
  const sent: string[] = [];
  const token = link.split('#')[1] ?? '';
  guestPage.on('request', (request) => sent.push(request.url(), request.headers().referer ?? ''));
  await guestPage.goto(link);
  await expect(guestPage.getByText(/has invited you/)).toBeVisible();
  await expect(guestPage.getByLabel('Your e-mail')).toHaveValue(guest.email);
  await expect(guestPage.getByLabel('Your name')).toHaveValue('F. Nyberg');
  expect(guestPage.url()).not.toContain(token);
  await guestPage.getByRole('button', { name: 'Accept and sign in' }).click();
  await expect(guestPage.getByText('This field is required.')).toBeVisible();
  await guestPage.getByLabel('Your name').fill(guest.name);
  await guestPage.getByLabel('Choose a password').fill('short');
  await expect(guestPage.getByText('Use at least 10 characters.')).toBeVisible();
  await guestPage.getByLabel('Choose a password').fill('Sommar2026!');
  await guestPage.getByRole('button', { name: 'Accept and sign in' }).click();
  await expect(guestPage.getByText('This is one of the most common passwords.')).toBeVisible();
  await guestPage.getByLabel('Choose a password').fill(guest.password);
  await guestPage.keyboard.press('Enter');
  await expect(guestPage.getByRole('heading', { name: /Frida/ })).toBeVisible();
  expect(sent.filter((url) => url.includes(token)).filter((url) => new URL(url).hash === '')).toEqual([]);
});

test('a used link and a cut one say so plainly', async ({ page: other }) => {
  await other.goto(link);
  await expect(other.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
  await expect(other.getByText('Ask the person who invited you for a new link.')).toBeVisible();
  await other.goto('/sign-in');
  await other.goto('/invitation');
  await expect(other.getByRole('heading', { name: 'The link is incomplete' })).toBeVisible();
  await other.getByRole('link', { name: 'Sign in' }).click();
  await expect(other).toHaveURL(/\/sign-in$/);
});

test('people are looked after by administrators and managers only', async () => {
  await guestPage.getByRole('button', { name: 'Account and settings' }).click();
  await expect(guestPage.getByRole('menuitem', { name: 'Sign out' })).toBeVisible();
  await expect(guestPage.getByRole('menuitem', { name: 'Administration' })).toHaveCount(0);
  await guestPage.goto('/admin/people');
  await expect(guestPage.getByRole('heading', { name: 'You do not have access to this page' })).toBeVisible();
  await guestPage.screenshot({ path: 'test-results/people-not-allowed.png' });
  await expectAccessible(guestPage);
});

test('an owner makes them a member, and they see the space', async () => {
  await page.goto(`/spaces/${space}`);
  await page.getByRole('link', { name: 'Members', exact: true }).click();
  await expect(page.getByText('1 member')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Leave space' })).toBeDisabled();
  await page.getByRole('button', { name: 'Add member' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add member' }).click();
  await expect(dialog.getByText('Choose a person.')).toBeVisible();
  await dialog.getByLabel('Find person').fill(guest.email);
  await expect(dialog.getByRole('radio', { name: guest.name })).toBeChecked();
  await dialog.getByRole('button', { name: 'Add member' }).click();
  await expect(page.getByText('2 members')).toBeVisible();
  // Their page is open all the time; when they look at it again, the space is there.
  const shown = guestPage.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: spaceName });
  await expect(async () => {
    await guestPage.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await expect(shown).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 30_000 });
  await shown.click();
  await guestPage.getByRole('link', { name: 'Members', exact: true }).click();
  await expect(guestPage.getByText('2 members')).toBeVisible();
  await expect(guestPage.getByRole('button', { name: 'Add member' })).toHaveCount(0);
  await expect(guestPage.getByRole('button', { name: 'New collection' })).toHaveCount(0);
});

test('a member is given another role', async () => {
  await choose(guest.name, 'Change role');
  await page.getByRole('radio', { name: 'Editor' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('listitem').filter({ hasText: guest.email })).toContainText('Editor');
});

test('the last owner cannot step down', async () => {
  const { display_name: own } = await get<{ display_name: string }>(context.request, '/api/v1/me');
  await choose(own, 'Change role');
  await page.getByRole('radio', { name: 'Viewer' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('Make someone else an owner first.');
  await page.keyboard.press('Escape');
});

test('a member leaves a space by themselves', async () => {
  await guestPage.reload();
  await guestPage.getByRole('button', { name: 'Leave space' }).click();
  await guestPage.getByRole('dialog').getByRole('button', { name: 'Leave space' }).click();
  await expect(guestPage).toHaveURL(/\/$/);
  await expect(guestPage.getByRole('link', { name: spaceName })).toHaveCount(0);
  await page.reload();
  await expect(page.getByText('1 member')).toBeVisible();
});

test('search, filter and order are in the address', async () => {
  await page.goto('/admin/people');
  await page.getByLabel('Sort by').selectOption('Last signed in first');
  await expect(page).toHaveURL(/\?sort=last_login$/);
  // Nobody signed in later than the guest has.
  await expect(page.getByRole('row').nth(1)).toContainText(guest.email);
  await page.getByLabel('Sort by').selectOption('Newest first');
  await expect(page).toHaveURL(/people\??$/);
  await page.getByRole('searchbox', { name: 'Search people' }).fill(guest.email);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\?q=frida/);
  await expect(page.getByText('1 person')).toBeVisible();
  await page.getByLabel('Status').selectOption('Deleted');
  await expect(page.getByText('No results')).toBeVisible();
  await page.goBack();
  await expect(row(guest.name)).toContainText('Active');
});

test('deactivating somebody ends their access', async () => {
  await choose(guest.name, 'Deactivate');
  await expectAccessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
  await expect(row(guest.name)).toContainText('Deactivated');
  await guestPage.goto('/search');
  await expect(guestPage).toHaveURL(/\/sign-in/);
  await guestPage.getByLabel('E-mail').fill(guest.email);
  await guestPage.getByLabel('Password', { exact: true }).fill(guest.password);
  await guestPage.keyboard.press('Enter');
  await expect(guestPage.getByRole('alert')).toBeVisible();
});

test('activating them lets them in again', async () => {
  await choose(guest.name, 'Activate');
  await expect(row(guest.name)).toContainText('Active');
  await guestPage.keyboard.press('Enter');
  await expect(guestPage.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
});

test('somebody is deleted and restored', async () => {
  await choose(guest.name, 'Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No results')).toBeVisible();
  await page.getByLabel('Status').selectOption('Deleted');
  await choose(guest.name, 'Restore');
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByText('No results')).toBeVisible();
  await page.getByLabel('Status').selectOption('All but deleted');
  await expect(row(guest.name)).toContainText('Active');
});

test('a new link ends the one before', async ({ page: other }) => {
  const { email, link: first } = await invite(context, 'Gustav Hed');
  await page.goto(`/admin/people?q=${email}`);
  await choose('Gustav Hed', 'New invitation link');
  const url = new URL(await page.getByLabel('Invitation link').inputValue());
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('button', { name: 'Actions for Gustav Hed' })).toBeFocused();
  await other.goto(first);
  await expect(other.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
  // The second link in the same tab: only what stands after the # is another.
  await other.goto(url.pathname + url.hash);
  await expect(other.getByLabel('Your e-mail')).toHaveValue(email);
});

test('another role ends the link that was shown, and the page says so', async ({ page: other }) => {
  const { email, link } = await invite(context, 'Greta Lund');
  await page.goto(`/admin/people?q=${email}`);
  await choose('Greta Lund', 'Change role');
  await page.getByRole('radio', { name: 'Manager' }).check();
  await expect(page.getByText('Invitation links already sent to this person stop working.')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Greta Lund has a new role and needs a new invitation link')).toBeVisible();
  await expect(row('Greta Lund')).toContainText('Needs a new link');
  await other.goto(link);
  await expect(other.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
});

test('a manager reaches up to managers, in Swedish and on a phone', async ({ browser }) => {
  const { link: mine } = await invite(context, 'Hedda Ivarsson', 'manager');
  const phone = await browser.newContext({
    viewport: { width: 360, height: 740 },
    locale: 'sv-SE',
    colorScheme: 'dark'
  });
  const small = await phone.newPage();
  await small.goto(mine);
  await small.getByLabel('Välj ett lösenord').fill('ett eget lösenord');
  await small.getByRole('button', { name: 'Tacka ja och logga in' }).click();
  await expect(small.getByRole('heading', { name: /Hedda/ })).toBeVisible();
  await small.getByRole('button', { name: 'Öppna menyn' }).click();
  await small.getByRole('button', { name: 'Konto och inställningar' }).click();
  await small.getByRole('menuitem', { name: 'Administration' }).click();
  await expect(small.getByRole('heading', { name: 'Personer' })).toBeVisible();
  await small.goto(`/admin/people?q=${admin.email}`);
  await expect(small.getByRole('row').filter({ hasText: admin.email })).toContainText('Administratör');
  await expect(small.getByRole('button', { name: /^Åtgärder för/ })).toHaveCount(0);
  await small.getByRole('button', { name: 'Bjud in person' }).click();
  await expect(small.getByRole('radio')).toHaveCount(2);
  await expectAccessible(small);
  await small.screenshot({ path: 'test-results/people-invite-sv-360.png' });
  await expectNoSidewaysScroll(small);
  await phone.close();
});

test('the last administrator stays one', async () => {
  const { users } = await get<{ users: { role: string; email: string }[] }>(
    context.request,
    '/api/v1/admin/users?state=active&limit=100'
  );
  needs(users.filter(({ role }) => role === 'admin').length === 1, 'this stack has several administrators');
  await page.goto(`/admin/people?q=${encodeURIComponent(admin.email)}`);
  await row(admin.email)
    .getByRole('button', { name: /^Actions for/ })
    .click();
  // Nobody can lock themselves out.
  await expect(page.getByRole('menuitem')).toHaveText(['Change role']);
  await page.keyboard.press('Enter');
  await page.getByRole('radio', { name: 'Manager' }).check();
  await expect(page.getByText('This is your own role.')).toBeVisible();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('An organisation needs an administrator.');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(row(admin.email)).toContainText('Administrator');
});

test('a long list is read on', async () => {
  const people = [];
  for (let at = 0; at < 27; at += 1) people.push(await invite(context, `Many ${stamp} ${at}`));
  await page.goto(`/admin/people?q=${encodeURIComponent(`Many ${stamp}`)}`);
  await expect(page.getByText('27 people')).toBeVisible();
  // The first row holds the headings.
  await expect(page.getByRole('row')).toHaveCount(26);
  await page.locator('#content').getByRole('button', { name: 'Show more' }).click();
  await expect(page.getByRole('row')).toHaveCount(28);
  await expect(page.locator('#content').getByRole('button', { name: 'Show more' })).toHaveCount(0);
  for (const { id } of people) await change(context, 'DELETE', `/api/v1/admin/users/${id}`);
});
