// Models that administrators keep true, and that people choose for a conversation.
import type { BrowserContext, Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';
import { change, expect, post, signIn, test } from './stack';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const soon = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
let context: BrowserContext;
let page: Page;
let provider: string;
let space: string;
let first: string;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  const made = { name: `Main ${stamp}`, dialect: 'openai', base_url: 'https://api.example.org/v1' };
  ({ id: provider } = await post<{ id: string }>(context, '/api/v1/admin/providers', made));
  const model = (name: string) =>
    post<{ id: string }>(context, '/api/v1/admin/models', { provider_id: provider, name, kind: 'chat' });
  ({ id: first } = await model(`own-${stamp}`));
  await model('gpt-5.2-2026-03-05');
  ({ id: space } = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Models ${stamp}` }));
  await post(context, '/api/v1/assistants', { space_id: space, name: `Clerk ${stamp}`, model: first });
  page = await context.newPage();
});

test.afterAll(async () => {
  await change(context, 'DELETE', `/api/v1/admin/providers/${provider}`);
  await change(context, 'DELETE', `/api/v1/spaces/${space}`);
  await context.close();
});

async function onEveryScreen(name: string): Promise<void> {
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.screenshot({ path: `test-results/models-${name}-${width}.png` });
  }
}

test('the page says where prices are from, and which are not known', async () => {
  await page.goto('/admin/models');
  const card = page.getByRole('region', { name: `Main ${stamp}` });
  await expect(card.getByText('No price known: its cost is not counted.')).toHaveCount(1);
  await expect(card.getByText(/Prices from .+2026/)).toHaveCount(1);
  await onEveryScreen('page');
});

test('a model is edited, with units, and what is wrong is said at its field', async () => {
  await page.getByRole('button', { name: `Edit own-${stamp}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Input, per million tokens', { exact: true }).fill('cheap');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Enter an amount such as 2.50.')).toBeVisible();
  await onEveryScreen('edit');
  await dialog.getByLabel('Input, per million tokens', { exact: true }).fill('2.50');
  await dialog.getByLabel('Output, per million tokens').fill('10');
  await dialog.getByLabel('Context window').fill('128000');
  await dialog.getByLabel('Images').check();
  await dialog.getByRole('textbox', { name: 'Ends on' }).fill(new Date(soon).toLocaleDateString('en-GB'));
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('2.50 USD in, 10.00 USD out per million tokens')).toBeVisible();
  await expect(page.getByText('1 model ends soon')).toBeVisible();
});

test('values of the catalogue are shown before they are taken', async () => {
  await page.getByRole('button', { name: 'Update values from the catalogue' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('All models that the catalogue knows have these values already.')).toBeVisible();
  const file = {
    source: 'our contract',
    date: '2026-11-30',
    providers: [{ name: 'openai', title: 'OpenAI', dialect: 'openai', base_url: 'https://api.openai.com/v1' }],
    models: [{ provider: 'openai', name: `own-${stamp}`, kind: 'chat', prices: { standard: { input: '0.000003' } } }]
  };
  const chosen = dialog.locator('input[type=file]');
  await chosen.setInputFiles({ name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
  await expect(dialog.getByRole('alert')).toBeVisible();
  const buffer = Buffer.from(JSON.stringify(file));
  await chosen.setInputFiles({ name: 'prices.json', mimeType: 'application/json', buffer });
  await expect(dialog.getByText('Values from our contract, 30 Nov 2026')).toBeVisible();
  await onEveryScreen('refresh');
  await dialog.getByRole('button', { name: 'Use these values' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('Prices from our contract, 30 Nov 2026')).toBeVisible();
});

test('an alias is edited, and a model is replaced everywhere after a preview', async () => {
  await page.getByRole('button', { name: 'New alias' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(`fast-${stamp}`);
  await dialog.getByLabel(`own-${stamp}`).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: `Edit fast-${stamp}` }).click();
  await dialog.getByLabel('Name').fill(`quick-${stamp}`);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('paragraph').filter({ hasText: `quick-${stamp}` })).toBeVisible();

  await page.getByRole('button', { name: `More actions for own-${stamp}` }).click();
  await page.getByRole('menuitem', { name: 'Replace everywhere' }).click();
  await expect(dialog.getByText('1 assistant')).toBeVisible();
  await expect(dialog.getByText(`Aliases: quick-${stamp}`)).toBeVisible();
  await onEveryScreen('replace');
  await dialog.getByRole('button', { name: 'Replace', exact: true }).click();
  await expect(dialog).toBeHidden();
  await change(context, 'PATCH', `/api/v1/admin/models/${first}`, { places: null });
});

test('a person chooses the model of a conversation', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  const [assistant] = (
    (await (await context.request.get(`/api/v1/assistants?space_id=${space}`)).json()) as {
      assistants: { id: string }[];
    }
  ).assistants;
  await page.goto(`/chat/new?assistant=${assistant?.id}`);
  await page.getByRole('button', { name: /Choose a model/ }).click();
  await onEveryScreen('picker');
  await page.getByRole('menuitemradio', { name: new RegExp(`own-${stamp}`) }).click();
  await page.getByLabel('Your question').fill('Which model are you?');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('button', { name: new RegExp(`Choose a model.*own-${stamp}`) })).toBeVisible();
  const id = page.url().split('/').pop();
  const stored = (await (await context.request.get(`/api/v1/conversations/${id}`)).json()) as { model: string };
  expect(stored.model).toBe(first);
  await onEveryScreen('chosen');
});
