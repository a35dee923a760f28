// User groups: people are put together once, and get a role in a space together.
import type { BrowserContext, Page } from '@playwright/test';
import { change, expect, get, newcomer, post, signIn, test } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const groupName = `Caretakers ${stamp}`;

let context: BrowserContext;
let page: Page;
let person: { id: string; email: string; password: string };
let personContext: BrowserContext;
let space: string;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  page = await context.newPage();
  person = await newcomer(browser, `Ivar Sten ${stamp}`);
  personContext = await browser.newContext({ locale: 'en-GB' });
  await signIn(personContext, person);
  space = (await post<{ id: string }>(context, '/api/v1/spaces', { name: `Boiler room ${stamp}` })).id;
});

test.afterAll(async () => {
  await context.close();
  await personContext.close();
});

test('a group is made, and somebody put into it', async () => {
  await page.goto('/admin/groups');
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByRole('button', { name: 'Create group' }).click();
  await expect(page.getByText('This field is required.')).toBeVisible();
  await page.getByLabel('Name of the group').last().fill(groupName);
  await page.getByRole('button', { name: 'Create group' }).click();
  await expect(page.getByRole('heading', { name: groupName, level: 1 })).toBeVisible();
  await expect(page.getByText('Nobody is in this group yet')).toBeVisible();
  await page.getByRole('button', { name: 'Add person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Find person').fill(person.email);
  await expect(dialog.getByRole('radio')).toHaveCount(1);
  await expect(dialog.getByRole('radio')).toBeChecked();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await expect(page.getByText('1 person')).toBeVisible();
  await page.screenshot({ path: 'test-results/group.png' });
  await page.goto('/admin/groups');
  await expect(page.getByRole('link', { name: groupName })).toBeVisible();
  await expectAccessible(page);
});

test('a name is taken once', async () => {
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByLabel('Name of the group').last().fill(groupName.toUpperCase());
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('There is already a group with this name.');
  await page.keyboard.press('Escape');
});

test('a role of the group in a space is a role of everybody in it', async () => {
  expect((await personContext.request.get(`/api/v1/spaces/${space}`)).status()).toBe(404);
  await page.goto(`/spaces/${space}/members`);
  await page.getByRole('button', { name: 'Add group' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Find group').fill(groupName);
  await expect(dialog.getByRole('radio', { name: groupName })).toBeChecked();
  await dialog.getByRole('radio', { name: 'Editor' }).check();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Add group' }).click();
  const groups = page.getByRole('list', { name: 'Groups' });
  await expect(groups.getByRole('listitem')).toContainText('Editor');
  const seen = await get<{ permissions: string[] }>(personContext.request, `/api/v1/spaces/${space}`);
  expect(seen.permissions).toContain('knowledge.edit');
  await page.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: `Actions for ${groupName}` }).click();
  await page.getByRole('menuitem', { name: 'Remove from the space' }).click();
  await dialog.getByRole('button', { name: 'Remove from the space' }).click();
  await expect(page.getByText('No group has a role here yet.')).toBeVisible();
  expect((await personContext.request.get(`/api/v1/spaces/${space}`)).status()).toBe(404);
});

test('a group that is deleted is gone from the list', async () => {
  await page.goto('/admin/groups');
  await page.getByRole('link', { name: groupName }).click();
  await page.getByRole('button', { name: `Actions for ${groupName}` }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/admin\/groups$/);
  await expect(page.getByRole('link', { name: groupName })).toHaveCount(0);
  await change(context, 'DELETE', `/api/v1/admin/users/${person.id}`);
});
