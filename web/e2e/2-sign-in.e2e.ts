import { admin, expect, get, signIn, test } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

test('a wrong password is told plainly, and nothing to report is shown', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password', { exact: true }).fill('not the password at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('Wrong e-mail or password.');
  // A mistyped password is nothing to report.
  await expect(page.getByRole('alert')).not.toContainText('Reference number');
  await expectAccessible(page);
});

test('signing in returns to the page that was asked for', async ({ page }) => {
  await page.goto('/search?q=heating');
  await expect(page).toHaveURL(/\/sign-in\?return=/);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password', { exact: true }).fill(admin.password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=heating$/);
});

test('the return path never leads to another origin', async ({ page }) => {
  await page.goto('/sign-in?return=%2F%2Fevil.example%2F');
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password', { exact: true }).fill(admin.password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe('/');
});

test('an access token that ran out is renewed without a word', async ({ page, context }) => {
  await signIn(context);
  await page.goto('/');
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
  await context.clearCookies({ name: 'tessera_access' });
  await page.goto('/search');
  await expect(page.getByRole('heading', { name: 'Search' })).toBeVisible();
  expect((await context.cookies()).map(({ name }) => name)).toContain('tessera_access');
});

test('a page that is left in the middle of a renewal does not sign out', async ({ page, context }) => {
  await signIn(context);
  for (let time = 0; time < 3; time += 1) {
    await page.goto('/');
    await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
    await context.clearCookies({ name: 'tessera_access' });
    const renewal = page.waitForRequest('**/api/v1/auth/refresh');
    await page.goto('/search', { waitUntil: 'commit' });
    await renewal;
    // Left as soon as the renewal is on its way; its answer comes to a page that is gone.
    await page.goto('/search?q=left', { waitUntil: 'commit' });
    await expect(page.getByRole('heading', { name: 'Search' })).toBeVisible();
  }
});

test('two tabs renew together and both stay signed in', async ({ page, context }) => {
  await signIn(context);
  await page.goto('/');
  const other = await context.newPage();
  await other.goto('/search');
  await context.clearCookies({ name: 'tessera_access' });
  await Promise.all([page.reload(), other.reload()]);
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
  await expect(other.getByRole('heading', { name: 'Search' })).toBeVisible();
});

test('signing out ends the session', async ({ page, context }) => {
  await signIn(context);
  await page.goto('/');
  await page.getByRole('button', { name: 'Account and settings' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in$/);
});

test('language and appearance are kept, and nothing flashes', async ({ page, context }) => {
  await signIn(context);
  await page.goto('/');
  await page.getByRole('button', { name: 'Account and settings' }).click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  await page.getByRole('menuitemradio', { name: 'Svenska' }).click();
  await expect(page.getByRole('link', { name: 'Ny chatt' }).first()).toBeVisible();
  // Before any script of the application has run, the stored theme stands.
  await page.route('**/_app/immutable/entry/*', () => new Promise(() => undefined));
  await page.reload({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('sv');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
});

test('the keyboard goes everywhere', async ({ page, context }) => {
  await signIn(context);
  await page.goto('/search');
  await page.getByRole('heading', { name: 'Search' }).click();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: 'Go to …' });
  await expect(box).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.type('hom');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/$/);
  // A page without a question box, which would have the focus.
  const { spaces } = await get<{ spaces: { id: string }[] }>(context.request, '/api/v1/spaces');
  await page.goto(`/spaces/${spaces[0]?.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
});

test('the drawer opens and closes on a phone', async ({ page, context }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(context);
  await page.goto('/');
  await page.getByRole('button', { name: 'Open menu' }).click();
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/drawer-360.png' });
  await page.getByRole('dialog').getByRole('link', { name: 'Search' }).click();
  await expect(page).toHaveURL(/\/search$/);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expectNoSidewaysScroll(page);
});

test('an unknown address says so', async ({ page, context }) => {
  await signIn(context);
  await page.goto('/spaces/0192aaaa-0000-7000-8000-000000000000');
  await expect(page.getByText('This space does not exist')).toBeVisible();
  await page.goto('/chat/not-an-id');
  await expect(page.getByText('This conversation does not exist')).toBeVisible();
  await page.goto('/no/such/page');
  await expect(page.getByText('Page not found')).toBeVisible();
});
