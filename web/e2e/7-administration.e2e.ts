// The administration: API keys, roles of one's own, the settings, and the audit log.
import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from '@playwright/test';
import { change, expect, get, newcomer, post, signIn, test } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const roleName = `Auditor ${stamp}`;

let context: BrowserContext;
let page: Page;
let auditor: { id: string; email: string; password: string };
let auditorContext: BrowserContext;
let auditorPage: Page;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  page = await context.newPage();
  auditor = await newcomer(browser, `Harriet Ros ${stamp}`);
  auditorContext = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await signIn(auditorContext, auditor);
  auditorPage = await auditorContext.newPage();
});

test.afterAll(async () => {
  await context.close();
  await auditorContext.close();
});

test('a key is shown once, works within what it may do, and not after it is revoked', async ({ browser }) => {
  await page.goto('/settings');
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await expect(dialog.getByText('Select at least one permission.')).toBeVisible();
  await expectAccessible(page);
  const name = `Intranet ${stamp}`;
  await dialog.getByLabel('What is it for?').fill(name);
  await dialog.getByLabel('See spaces and members').check();
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await expect(dialog).toContainText('It is only shown once');
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/api-key-fresh.png' });
  const key = await dialog.getByLabel('Key', { exact: true }).inputValue();
  expect(key).toMatch(/^tsk_/);
  await dialog.getByRole('button', { name: 'I have saved it' }).click();
  const row = page.getByRole('listitem').filter({ hasText: name });
  await expect(row).toContainText('spaces:read');
  await expect(row).toContainText('Never used');
  const program = await browser.newContext({ extraHTTPHeaders: { authorization: `Bearer ${key}` } });
  expect((await program.request.get('/api/v1/spaces')).status()).toBe(200);
  expect((await program.request.get('/api/v1/admin/users')).status()).toBe(403);
  await page.reload();
  await expect(row).toContainText('Last used this minute');
  // Nowhere but in the first answer.
  expect(await page.content()).not.toContain(key);
  await page.getByRole('button', { name: `Revoke ${name}` }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText(`Revoked: ${name}`)).toBeVisible();
  await expect(row).toHaveCount(0);
  expect((await program.request.get('/api/v1/spaces')).status()).toBe(401);
  await program.close();
});

test('a key for one assistant asks that one, and sees no other', async ({ browser }) => {
  // One name is longer than a phone is wide.
  const spaceName = `Front desk of the whole municipality ${stamp}`;
  const space = await post<{ id: string }>(context, '/api/v1/spaces', { name: spaceName });
  const names = [`Opening hours ${stamp}`, `Complaints ${stamp}`];
  const [hours = '', complaints = ''] = await Promise.all(
    names.map(async (name) => {
      const made = await post<{ id: string }>(context, '/api/v1/assistants', { space_id: space.id, name });
      return made.id;
    })
  );
  await page.goto('/settings/api-keys');
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog');
  const name = `Widget ${stamp}`;
  await dialog.getByLabel('What is it for?').fill(name);
  await dialog.getByLabel('See spaces and members').check();
  await dialog.getByLabel('What does it give access to?').selectOption({ value: hours });
  // What such a key may do is not a choice.
  await expect(dialog.getByLabel('See spaces and members')).toHaveCount(0);
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/api-key-assistant.png' });
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const key = await dialog.getByLabel('Key', { exact: true }).inputValue();
  await dialog.getByRole('button', { name: 'I have saved it' }).click();
  const row = page.getByRole('listitem').filter({ hasText: name });
  await expect(row).toContainText(names[0] ?? '');
  await expect(row).not.toContainText('spaces:read');
  await page.setViewportSize({ width: 390, height: 800 });
  await expectNoSidewaysScroll(page);
  await page.screenshot({ path: 'test-results/api-key-assistant-390.png' });
  await page.setViewportSize({ width: 1440, height: 900 });
  const program = await browser.newContext({ extraHTTPHeaders: { authorization: `Bearer ${key}` } });
  const seen = await get<{ assistants: { id: string }[] }>(program.request, '/api/v1/assistants');
  expect(seen.assistants.map(({ id }) => id)).toEqual([hours]);
  const ask = async (assistant_id: string) =>
    (await program.request.post('/api/v1/conversations', { data: { assistant_id } })).status();
  expect([await ask(hours), await ask(complaints)]).toEqual([201, 404]);
  expect((await program.request.get('/api/v1/spaces')).status()).toBe(403);
  await change(context, 'DELETE', `/api/v1/spaces/${space.id}`);
  // With its assistant, the key is gone too.
  await page.reload();
  await expect(page.getByRole('button', { name: 'New key' })).toBeVisible();
  await expect(row).toHaveCount(0);
  expect((await program.request.get('/api/v1/assistants')).status()).toBe(401);
  await program.close();
});

test('an administrator makes a role and gives it to somebody', async () => {
  await page.goto('/admin/roles');
  await expect(page.getByRole('heading', { name: 'Built in' })).toBeVisible();
  await page.getByRole('button', { name: 'New role' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the role').fill(roleName);
  await dialog.getByLabel('Read the audit log').check();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Create role' }).click();
  await expect(page.getByRole('heading', { name: roleName })).toBeVisible();
  await page.goto(`/admin/people?q=${encodeURIComponent(auditor.email)}`);
  await page.getByRole('button', { name: /^Actions for Harriet/ }).click();
  await page.getByRole('menuitem', { name: 'Change role' }).click();
  await page.getByRole('radio', { name: roleName }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('row').filter({ hasText: auditor.email })).toContainText(roleName);
});

test('a role that somebody has stays', async () => {
  await page.goto('/admin/roles');
  await page.getByRole('button', { name: `Actions for ${roleName}` }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('alert')).toContainText('Someone has this role.');
  await page.keyboard.press('Escape');
});

test('whoever has the role sees the audit log and nothing else', async () => {
  await auditorPage.goto('/');
  await auditorPage.getByRole('button', { name: 'Account and settings' }).click();
  await auditorPage.getByRole('menuitem', { name: 'Administration' }).click();
  await expect(auditorPage).toHaveURL(/\/admin\/audit$/);
  await expect(
    auditorPage.getByRole('navigation', { name: 'Parts of the administration' }).getByRole('link')
  ).toHaveText(['Audit log']);
  await auditorPage.goto('/admin/people');
  await expect(auditorPage.getByRole('heading', { name: 'You do not have access to this page' })).toBeVisible();
});

test('reading the log takes a reason, and shows who changed what', async () => {
  await auditorPage.goto('/admin/audit');
  await auditorPage.getByRole('button', { name: 'Read the log' }).click();
  await expect(auditorPage.getByText('This field is required.')).toBeVisible();
  await expectAccessible(auditorPage);
  await auditorPage.getByLabel('Reason').fill(`Who made me an auditor, ticket ${stamp}`);
  await auditorPage.getByRole('button', { name: 'Read the log' }).click();
  await expect(auditorPage.getByText(`ticket ${stamp}`).first()).toBeVisible();
  await auditorPage.getByLabel('Type', { exact: true }).selectOption('Person');
  await expect(auditorPage).toHaveURL(/action=user/);
  const entry = auditorPage.getByRole('listitem').filter({ hasText: 'custom_role_id' }).first();
  await expect(entry).toContainText('Changed: person');
  await entry.locator('summary').click();
  await expect(entry.getByRole('row').filter({ hasText: 'custom_role_id' })).toBeVisible();
  await expect(entry).toContainText('user.update');
  await expectAccessible(auditorPage);
  await auditorPage.screenshot({ path: 'test-results/audit-entry.png' });
  // The filter survives "back", and the reason a change of pages.
  await entry.getByRole('button', { name: 'Only what was done to this' }).click();
  await expect(auditorPage.getByText('Only what was done to one thing.')).toBeVisible();
  await auditorPage.goBack();
  await expect(auditorPage.getByText('Only what was done to one thing.')).toHaveCount(0);
  await auditorPage.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(auditorPage);
  await expectNoSidewaysScroll(auditorPage);
  await auditorPage.setViewportSize({ width: 1440, height: 900 });
});

test('the log is verified and exported', async () => {
  await auditorPage.getByRole('button', { name: 'Verify' }).click();
  await expect(auditorPage.getByRole('dialog')).toContainText('the chain is intact');
  await expectAccessible(auditorPage);
  await auditorPage.keyboard.press('Escape');
  await auditorPage.getByRole('button', { name: 'Export' }).click();
  await auditorPage.getByRole('menuitem', { name: /CSV/ }).click();
  await expect(auditorPage.getByText(/The file is ready/)).toBeVisible({ timeout: 60_000 });
  const downloading = auditorPage.waitForEvent('download');
  await auditorPage.getByRole('link', { name: 'Download' }).click();
  const path = await (await downloading).path();
  expect(readFileSync(path, 'utf8')).toContain('user.update');
});

test('the organisation keeps its settings', async () => {
  await page.goto('/admin/settings');
  const save = page.getByRole('button', { name: 'Save' });
  await expect(save).toBeDisabled();
  await page.getByLabel('Keep entries (days)').fill('4000');
  await expect(page.getByText('Enter a whole number from 30 to 2555.')).toBeVisible();
  await page.getByLabel('Keep entries (days)').fill('400');
  await page.getByLabel('Allowed origins').fill('intranet.example.org');
  await save.click();
  await expect(page.getByText('is not a valid origin.')).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('Allowed origins').fill('https://intranet.example.org');
  await save.click();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Keep entries (days)')).toHaveValue('400');
  await expect(page.getByLabel('Allowed origins')).toHaveValue('https://intranet.example.org');
  await expect(page.getByText(/used \(\d+%\)/)).toBeVisible();
  const back = { audit_retention_days: 365, allowed_origins: [] };
  await change(context, 'PATCH', '/api/v1/admin/settings', back);
});
