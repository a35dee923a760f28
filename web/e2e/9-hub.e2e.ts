// The hub: an administrator makes and fills it, everybody finds it, and assistants of other spaces answer from it.
import type { BrowserContext, Page } from '@playwright/test';
import { change, expect, get, newcomer, post, signIn, test } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

test.describe.configure({ mode: 'serial' });

interface Spaces {
  spaces: { id: string; kind: string }[];
}

const stamp = Date.now().toString(36);
const hubName = `For all of us ${stamp}`;
// Longer than a phone is wide.
const collectionName = `Policies on procurement, travel, representation and gifts ${stamp}`;

let context: BrowserContext;
let page: Page;
let person: { id: string; email: string; password: string };
let personContext: BrowserContext;
let personPage: Page;

async function end(): Promise<void> {
  const { spaces } = await get<Spaces>(context.request, '/api/v1/spaces');
  const hub = spaces.find(({ kind }) => kind === 'organisation');
  if (hub) await change(context, 'DELETE', `/api/v1/spaces/${hub.id}`);
}

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  await end();
  page = await context.newPage();
  person = await newcomer(browser, `Tove Lund ${stamp}`);
  personContext = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  await signIn(personContext, person);
  personPage = await personContext.newPage();
});

test.afterAll(async () => {
  await end();
  await change(context, 'DELETE', `/api/v1/admin/users/${person.id}`);
  await context.close();
  await personContext.close();
});

async function onEveryScreen(shown: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await shown.emulateMedia({ colorScheme });
    for (const width of [390, 1280]) {
      await shown.setViewportSize({ width, height: 900 });
      await expectAccessible(shown);
      await expectNoSidewaysScroll(shown);
      await shown.screenshot({ path: `test-results/${name}-${colorScheme}-${width}.png` });
    }
  }
  await shown.emulateMedia({ colorScheme: null });
}

test('an administrator makes the hub and fills it', async () => {
  await page.goto('/admin/settings');
  await page.getByRole('button', { name: 'Create hub' }).click();
  const dialog = page.getByRole('dialog');
  // The organisation's own name is a good one to begin with.
  await expect(dialog.getByLabel('Name')).not.toHaveValue('');
  await expectAccessible(page);
  await dialog.getByLabel('Name').fill(hubName);
  await dialog.getByRole('button', { name: 'Create hub' }).click();
  await expect(page.getByRole('heading', { name: hubName, level: 1 })).toBeVisible();
  await expect(page.getByText('For everyone', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'New collection' }).click();
  await dialog.getByRole('button', { name: 'Create collection' }).click();
  await expect(dialog.getByText('This field is required.')).toBeVisible();
  await dialog.getByLabel('Name').fill(collectionName);
  await dialog.getByRole('button', { name: 'Create collection' }).click();
  await expect(page.getByRole('heading', { name: collectionName })).toBeVisible();
  await page.goto('/admin/settings');
  await expect(page.getByRole('button', { name: 'Create hub' })).toHaveCount(0);
  await onEveryScreen(page, 'hub-settings');
  await page.getByRole('link', { name: new RegExp(`^${hubName}.*Add documents`) }).click();
  await expect(page.getByRole('link', { name: collectionName })).toBeVisible();
});

test('everybody finds it first, and reads what it is for', async () => {
  await post(personContext, '/api/v1/spaces', { name: `Newer ${stamp}` });
  await personPage.goto('/');
  const spaces = personPage.getByRole('navigation', { name: 'Main' }).locator('a[href^="/spaces/"]');
  await expect(spaces.first()).toHaveText(hubName);
  await spaces.first().click();
  await personPage.getByRole('link', { name: 'About' }).click();
  await expect(personPage.getByText('Everyone in the organisation can read the documents here')).toBeVisible();
  // What only those can do who look after it is not offered.
  await expect(personPage.getByRole('link', { name: 'Add documents' })).toHaveCount(0);
  await onEveryScreen(personPage, 'hub-about');
  await personPage.getByRole('link', { name: 'Members' }).click();
  await expect(personPage.getByText('Everyone can read here')).toBeVisible();
  await expect(personPage.getByRole('button', { name: 'Leave space' })).toHaveCount(0);
  await personPage.getByRole('link', { name: 'Knowledge' }).click();
  await expect(personPage.getByRole('link', { name: collectionName })).toBeVisible();
  await expect(personPage.getByRole('button', { name: 'New collection' })).toHaveCount(0);
});

test('an administrator is told on the spot how to let others help', async () => {
  await page.getByRole('link', { name: 'About' }).click();
  await onEveryScreen(page, 'hub-about-owner');
  await page.getByRole('link', { name: 'Choose members' }).click();
  await page.getByRole('button', { name: 'Add member' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Find person').fill(person.email);
  await expect(dialog.getByRole('radio', { name: person.email })).toBeChecked();
  await dialog.getByRole('radio', { name: 'Editor' }).check();
  await dialog.getByRole('button', { name: 'Add member' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: person.email })).toContainText('Editor');
  await onEveryScreen(page, 'hub-members');
  await page.getByRole('button', { name: /^Actions for Tove Lund/ }).click();
  await page.getByRole('menuitem', { name: 'Remove from the space' }).click();
  await expect(dialog).toContainText('They can still read here like everyone else');
  await dialog.getByRole('button', { name: 'Remove from the space' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: person.email })).toHaveCount(0);
});

test('an assistant of another space answers from it', async () => {
  const { id } = await post<{ id: string }>(personContext, '/api/v1/spaces', { name: `Own ${stamp}` });
  await personPage.goto(`/assistants/new?space=${id}`);
  await expect(personPage.getByText(`From ${hubName}, for everyone`)).toBeVisible();
  await personPage.getByLabel('Name', { exact: true }).fill('Knows the policies');
  await personPage.getByRole('checkbox', { name: collectionName }).check();
  await onEveryScreen(personPage, 'hub-assistant');
  await personPage.getByRole('button', { name: 'Create assistant' }).click();
  await expect(personPage.getByRole('heading', { name: 'Ask Knows the policies' })).toBeVisible();
  await personPage.goto(`/spaces/${id}`);
  await personPage.getByRole('link', { name: 'Knows the policies', exact: true }).click();
  await expect(personPage).toHaveURL(/\/chat\/new/);
  const { assistants } = await get<{ assistants: { id: string; space_id: string }[] }>(
    personContext.request,
    '/api/v1/assistants'
  );
  await personPage.goto(`/assistants/${assistants.find(({ space_id }) => space_id === id)?.id}`);
  await expect(personPage.getByRole('checkbox', { name: collectionName })).toBeChecked();
});
