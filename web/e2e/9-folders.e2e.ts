// Folders and tags of own conversations: made, filled, looked through, and a deleted folder keeps what was in it.
import type { BrowserContext, Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';
import { change, expect, newcomer, post, signIn, test } from './stack';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
let context: BrowserContext;
let page: Page;
let person: { id: string; email: string; password: string };
let space: string;

const side = () => page.getByRole('navigation', { name: 'Main navigation' });
const row = (title: string) => side().getByRole('link', { name: title, exact: true });
const folder = (name: string) => side().getByRole('button', { name, exact: true });

async function choose(of: string, action: string): Promise<void> {
  await side().getByRole('button', { name: of }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: action }).click();
}

// A newcomer has no conversations of earlier runs.
test.beforeAll(async ({ browser }) => {
  person = await newcomer(browser, `Frida Fil ${stamp}`);
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  await signIn(context, person);
  ({ id: space } = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Files ${stamp}` }));
  const assistant = await post<{ id: string }>(context, '/api/v1/assistants', { space_id: space, name: 'Clerk' });
  for (const title of ['Tenders', 'Budget']) {
    const { id } = await post<{ id: string }>(context, '/api/v1/conversations', { assistant_id: assistant.id });
    await change(context, 'PATCH', `/api/v1/conversations/${id}`, { title });
  }
  page = await context.newPage();
});

test.afterAll(async ({ browser }) => {
  await change(context, 'DELETE', `/api/v1/spaces/${space}`);
  await context.close();
  const admin = await browser.newContext();
  await signIn(admin);
  await change(admin, 'DELETE', `/api/v1/admin/users/${person.id}`);
  await admin.close();
});

test('a conversation is moved to a folder that is made on the way', async () => {
  await page.goto('/');
  await expect(row('Tenders')).toBeVisible();
  await choose('Actions for “Tenders”', 'Move to folder');
  const dialog = page.getByRole('dialog', { name: 'Move to folder' });
  await dialog.getByLabel('Name').fill('Procurement');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(folder('Procurement')).toHaveAttribute('aria-expanded', 'false');
  await expect(row('Tenders')).toHaveCount(0);
  await expect(row('Budget')).toBeVisible();
  await folder('Procurement').click();
  await expect(row('Tenders')).toBeVisible();
});

test('a folder stays open through a reload, and its name is taken in any case', async () => {
  await page.reload();
  await expect(folder('Procurement')).toHaveAttribute('aria-expanded', 'true');
  await expect(row('Tenders')).toBeVisible();
  await side().getByRole('button', { name: 'New folder' }).click();
  const dialog = page.getByRole('dialog', { name: 'New folder' });
  await dialog.getByLabel('Name').fill('procurement');
  await dialog.getByRole('button', { name: 'Create folder' }).click();
  await expect(dialog.getByText('Another folder has this name.').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('tags are set one by one, shown on the conversation, and filter the list', async () => {
  await choose('Actions for “Tenders”', 'Edit tags');
  const dialog = page.getByRole('dialog', { name: 'Edit tags' });
  await dialog.getByLabel('Add a tag').fill('2027');
  await dialog.getByLabel('Add a tag').press('Enter');
  await dialog.getByLabel('Add a tag').fill('Board');
  await dialog.getByLabel('Add a tag').press('Enter');
  await expect(dialog.getByRole('list', { name: 'Tags of this conversation' }).getByRole('listitem')).toHaveText([
    '2027',
    'Board'
  ]);
  await dialog.getByRole('button', { name: 'Remove the tag 2027' }).click();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);
  await row('Tenders').click();
  const order = page.getByRole('list', { name: 'Folder and tags' });
  await expect(order.getByRole('link')).toHaveText(['Procurement', 'Board']);
  await order.getByRole('link', { name: 'Board' }).click();
  await expect(page).toHaveURL(/\/chat\/shelves\/current\?tag=Board$/);
  const list = page.getByRole('main');
  await expect(list.getByRole('link', { name: 'Tenders' })).toBeVisible();
  await expect(list.getByRole('link', { name: 'Budget' })).toHaveCount(0);
  await expect(list.getByLabel('Tag')).toHaveValue('Board');
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  }
  await list.getByLabel('Tag').selectOption('All tags');
  await expect(list.getByRole('link', { name: 'Budget' })).toBeVisible();
});

test('a deleted folder keeps its conversations', async () => {
  await page.goto('/');
  await choose('Actions for the folder “Procurement”', 'Delete');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('The conversations in it are kept.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Delete folder' }).click();
  await expect(folder('Procurement')).toHaveCount(0);
  await expect(row('Tenders')).toBeVisible();
});
