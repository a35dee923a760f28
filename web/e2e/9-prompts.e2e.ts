// The prompt library: kept and searched in the account and in a space, found by a slash in the question box, filled in by a form.
import type { BrowserContext, Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';
import { change, expect, newcomer, post, signIn, test } from './stack';

test.describe.configure({ mode: 'serial' });

interface Account {
  id: string;
  email: string;
  password: string;
}

const stamp = Date.now().toString(36);
let context: BrowserContext;
let page: Page;
let author: Account;
let reader: Account;
let readerPage: Page;
let space: string;

const box = (on: Page = page) => on.getByLabel('Your question');
const list = (on: Page = page) => on.getByRole('listbox', { name: 'Prompts' });
const options = (on: Page = page) => list(on).getByRole('option');

// Newcomers, who have no prompts of earlier runs.
test.beforeAll(async ({ browser }) => {
  const viewport = { width: 1280, height: 900 };
  author = await newcomer(browser, `Olof Ask ${stamp}`);
  reader = await newcomer(browser, `Rut Ek ${stamp}`);
  context = await browser.newContext({ viewport, locale: 'en-GB' });
  await signIn(context, author);
  ({ id: space } = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Board ${stamp}` }));
  await post(context, '/api/v1/assistants', { space_id: space, name: 'Secretary' });
  await post(context, `/api/v1/spaces/${space}/members`, { user_id: reader.id, role: 'viewer' });
  page = await context.newPage();
  const readerContext = await browser.newContext({ viewport, locale: 'en-GB' });
  await signIn(readerContext, reader);
  readerPage = await readerContext.newPage();
});

test.afterAll(async ({ browser }) => {
  await change(context, 'DELETE', `/api/v1/spaces/${space}`);
  const admin = await browser.newContext();
  await signIn(admin);
  for (const { id } of [author, reader]) await change(admin, 'DELETE', `/api/v1/admin/users/${id}`);
  await admin.close();
  await readerPage.context().close();
  await context.close();
});

async function onEveryScreen(name: string, shown: Page = page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await shown.emulateMedia({ colorScheme });
    for (const width of [360, 1280]) {
      await shown.setViewportSize({ width, height: 900 });
      await expectAccessible(shown);
      await expectNoSidewaysScroll(shown);
      await shown.screenshot({ path: `test-results/${name}-${colorScheme}-${width}.png` });
    }
  }
  await shown.emulateMedia({ colorScheme: null });
}

test('a slash says where prompts are kept while there are none, and is no question', async () => {
  await page.goto('/chat/new');
  await box().pressSequentially('/');
  await expect(page.getByText('No prompts yet.')).toBeVisible();
  await onEveryScreen('prompts-none-yet');
  await box().press('Enter');
  await expect(page).toHaveURL(/\/chat\/new$/);
  await page.getByRole('link', { name: 'My prompts' }).click();
  await expect(page).toHaveURL(/\/settings\/prompts$/);
});

test('a prompt is created, with a command that its title suggests', async () => {
  await page.goto('/settings/prompts');
  await page.getByRole('button', { name: 'New prompt' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create prompt' }).click();
  await expect(dialog.getByText('This field is required.').first()).toBeVisible();
  await dialog.getByLabel('Title').fill('Årsmöte: short notice');
  await expect(dialog.getByLabel('Command')).toHaveValue('årsmöte-short-notice');
  await dialog.getByLabel('Command').fill('/Notice');
  await dialog.getByLabel('Text').fill('Write a notice of {{meeting');
  await expect(dialog.getByText(/A \{\{ has no \}\} after it/)).toBeVisible();
  await onEveryScreen('prompts-new');
  await dialog.getByLabel('Text').fill('Write a {{tone:friendly}} notice of {{meeting}}.');
  await expect(dialog.getByText('To fill in: tone, meeting')).toBeVisible();
  await dialog.getByRole('button', { name: 'Create prompt' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('/notice', { exact: true })).toBeVisible();
  await page.getByText('Årsmöte: short notice', { exact: true }).click();
  await expect(page.getByText('Write a {{tone:friendly}} notice of {{meeting}}.')).toBeVisible();
});

test('a command that is taken is refused at its field', async () => {
  await page.getByRole('button', { name: 'New prompt' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Notice');
  await dialog.getByLabel('Text').fill('Again');
  await dialog.getByRole('button', { name: 'Create prompt' }).click();
  await expect(dialog.getByText('Another prompt has this command.', { exact: true })).toBeVisible();
  await expect(dialog.getByLabel('Command')).toBeFocused();
  await dialog.getByLabel('Command').fill('greeting');
  await dialog.getByRole('button', { name: 'Create prompt' }).click();
  await expect(page.getByText('/greeting', { exact: true })).toBeVisible();
});

test('prompts are searched, changed and deleted', async () => {
  await page.getByLabel('Search prompts').fill('gree');
  await page.getByLabel('Search prompts').press('Enter');
  await expect(page.getByText('1 prompt', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Edit Notice' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Greeting');
  await expect(dialog.getByLabel('Command')).toHaveValue('greeting');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await onEveryScreen('prompts-own');
  await page.getByRole('button', { name: 'Delete Greeting' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('/greeting', { exact: true })).toHaveCount(0);
});

test('a prompt of a space is read by its members and changed by its editors', async () => {
  await page.goto(`/spaces/${space}`);
  await page.getByRole('link', { name: 'Prompts', exact: true }).click();
  await page.getByRole('button', { name: 'New prompt' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Minutes in short');
  await dialog.getByLabel('Command').fill('minutes');
  await dialog.getByLabel('Text').fill('Summarise the latest minutes.');
  await dialog.getByRole('button', { name: 'Create prompt' }).click();
  await expect(page.getByText('/minutes', { exact: true })).toBeVisible();
  await onEveryScreen('prompts-space');
  await readerPage.goto(`/spaces/${space}/prompts`);
  await expect(readerPage.getByText('/minutes', { exact: true })).toBeVisible();
  await expect(readerPage.getByRole('button', { name: 'New prompt' })).toHaveCount(0);
  await expect(readerPage.getByRole('button', { name: /^(Edit|Delete) Minutes/ })).toHaveCount(0);
  await readerPage.goto('/chat/new');
  await box(readerPage).pressSequentially('/');
  await expect(options(readerPage)).toHaveText([/\/minutes/]);
});

test('the slash lists own prompts and those of spaces, for eyes, keys and screen readers', async () => {
  await page.goto('/chat/new');
  // The slash of before is a draft.
  await box().fill('');
  await box().pressSequentially('/');
  await expect(options()).toHaveText([/\/notice.*My own/, new RegExp(`/minutes.*Board ${stamp}`)]);
  await expect(page.getByRole('combobox', { name: 'Your question' })).toHaveAttribute('aria-expanded', 'true');
  await expect(options().first()).toHaveAttribute('aria-selected', 'true');
  await box().press('ArrowDown');
  await expect(options().last()).toHaveAttribute('aria-selected', 'true');
  const active = (await box().getAttribute('aria-activedescendant')) ?? '';
  await expect(page.locator(`[id="${active}"]`)).toContainText('/minutes');
  await onEveryScreen('prompts-list');
  await box().press('Escape');
  await expect(list()).toHaveCount(0);
  await box().pressSequentially('min');
  await expect(list()).toHaveCount(0);
});

test('a prompt without variables takes the place of its command at once, and is not sent', async () => {
  await box().fill('');
  await box().pressSequentially('/min');
  await box().press('Enter');
  await expect(box()).toHaveValue('Summarise the latest minutes.');
  await expect(box()).toBeFocused();
  await expect(page).toHaveURL(/\/chat\/new$/);
});

test('Enter right after the last letter waits for the list', async () => {
  await box().fill('');
  await page.keyboard.type('/minutes');
  await page.keyboard.press('Enter');
  await expect(box()).toHaveValue('Summarise the latest minutes.');
});

test('a prompt with variables is filled in by a form', async () => {
  await box().fill('');
  await box().pressSequentially('/notice');
  await options().first().click();
  const dialog = page.getByRole('dialog', { name: 'Årsmöte: short notice' });
  await expect(dialog.getByLabel('tone')).toHaveValue('friendly');
  await expect(dialog.getByLabel('tone')).toBeFocused();
  await dialog.getByRole('button', { name: 'Insert' }).click();
  await expect(dialog.getByText('This field is required.')).toBeVisible();
  await expect(dialog.getByLabel('meeting')).toBeFocused();
  await onEveryScreen('prompts-fill');
  await dialog.getByLabel('meeting').fill('the board {{tone}}');
  await dialog.getByLabel('meeting').press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(box()).toHaveValue('Write a friendly notice of the board {{tone}}.');
  await expect(box()).toBeFocused();
});

test('the button begins a command in front of a question, and Escape takes it back', async () => {
  await box().fill('for the newcomers');
  await page.getByRole('button', { name: 'Prompts', exact: true }).click();
  await expect(options()).toHaveCount(2);
  await box().press('ArrowDown');
  await box().press('Escape');
  await expect(box()).toHaveValue('for the newcomers');
  await page.getByRole('button', { name: 'Prompts', exact: true }).click();
  await box().press('ArrowDown');
  await box().press('Enter');
  await expect(box()).toHaveValue('Summarise the latest minutes. for the newcomers');
  await box().fill('');
});

test('what only looks like a command is sent as a question', async () => {
  await box().fill('/etc/hosts is what?');
  await expect(list()).toHaveCount(0);
  await box().press('Enter');
  await expect(page.locator('.question')).toContainText('/etc/hosts is what?');
  await box().pressSequentially('/min');
  await expect(options()).toHaveCount(1);
  await box().press('Escape');
  await box().fill('');
});

test('the pages and the list are accessible in Swedish too', async () => {
  await page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
  await page.goto('/settings/prompts');
  await expect(page.getByRole('heading', { name: 'Mina promptar' })).toBeVisible();
  await onEveryScreen('prompts-own-sv');
  await page.getByRole('button', { name: 'Ny prompt' }).click();
  await onEveryScreen('prompts-new-sv');
  await page.keyboard.press('Escape');
  await page.goto('/chat/new');
  await page.getByLabel('Din fråga').pressSequentially('/');
  await expect(page.getByRole('listbox', { name: 'Promptar' })).toBeVisible();
  await onEveryScreen('prompts-list-sv');
});
