// The quick switcher and the search.
import { change, expect, get, post, test, withShelf } from './stack';

const shelf = withShelf();

test('the switcher finds collections, documents and old conversations, and begins afresh', async ({
  page,
  context
}) => {
  test.setTimeout(120_000);
  const old = await post<{ id: string }>(context, '/api/v1/conversations', { assistant_id: shelf.assistant });
  const title = `Question 3 about ${Date.now().toString(36)}`;
  await change(context, 'PATCH', `/api/v1/conversations/${old.id}`, { title });
  for (let at = 0; at < 55; at += 1) {
    await post(context, '/api/v1/conversations', { assistant_id: shelf.assistant });
  }
  await page.goto('/search');
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: 'Go to …' });
  const list = page.getByRole('listbox', { name: 'Go to …' });
  const option = (name: RegExp | string) => list.getByRole('option').filter({ hasText: name }).first();
  await box.fill(title);
  await expect(option(title)).toBeVisible();
  await box.fill('handbook and house');
  await expect(option('Handbook and house rules')).toContainText('Collection');
  await box.fill('sublet');
  await expect(option(/Document\s*$/)).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await expect(box).toHaveValue('');
  await expect(list.getByRole('option').first()).toContainText('Conversation');
});

test('a search shows each document once, with its other passages behind a fold', async ({ page }) => {
  await page.goto('/search?q=guest%20flat');
  const titles = page.locator('main ol h2');
  await expect(titles.first()).toBeVisible();
  const names = await page
    .locator('main ol h2 a')
    .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).pathname));
  expect(new Set(names).size).toBe(names.length);
});

test('a search that finds nothing relevant says so, and one that does says no such thing', async ({ page }) => {
  const weak = page.getByRole('status').filter({ hasText: 'Nothing in your documents seems to be about' });
  await page.goto(`/search?q=xyzzy%20quantum%20llama&space=${shelf.space}`);
  await expect(weak).toContainText('“xyzzy quantum llama”');
  await expect(weak).toContainText('Try fewer or other words');
  await expect(page.getByText('Closest passages anyway')).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: /^\s*\d+ passages?/ })).toHaveCount(0);
  await page.goto(`/search?q=How%20do%20I%20book%20the%20guest%20flat%3F&space=${shelf.space}`);
  await expect(page.getByRole('status').filter({ hasText: /\d+ passages?/ })).toBeVisible();
  await expect(weak).toHaveCount(0);
  await expect(page.getByText('Closest passages anyway')).toHaveCount(0);
});

test('the notice that nothing is relevant is there in Swedish too', async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
  await page.goto(`/search?q=xyzzy%20quantum%20llama&space=${shelf.space}`);
  await expect(page.getByRole('status').filter({ hasText: 'xyzzy quantum llama' })).toBeVisible();
  await expect(page.locator('main')).not.toContainText(/\b(Nothing|Closest|Try)\b/);
});

test('a user who chooses an assistant reads what each is for, and finds it by that', async ({ page, context }) => {
  for (let at = 0; at < 9; at += 1) {
    await post(context, '/api/v1/assistants', { space_id: shelf.space, name: `Helper ${at}` });
  }
  const description = `Knows the water meters of block ${Date.now().toString(36)}.`;
  await post(context, '/api/v1/assistants', { space_id: shelf.space, name: 'Plumber', description });
  await page.goto('/chat/new');
  await page.getByRole('button', { name: /^Assistant: / }).click();
  const choice = page.getByRole('dialog');
  await expect(choice.getByRole('button').filter({ hasText: description })).toContainText('Plumber');
  await choice.getByRole('searchbox').fill(description.slice(0, -1));
  await expect(choice.getByRole('button')).toHaveCount(1);
  await choice.getByRole('button').click();
  await expect(page.getByRole('button', { name: /^Assistant: Plumber/ })).toBeVisible();
});

test('a collection that is current is not read again, and one that is read again shows how far', async ({
  page,
  context
}) => {
  const path = `/api/v1/collections/${shelf.collection}`;
  await page.goto(`/collections/${shelf.collection}`);
  const begin = async (): Promise<void> => {
    await page.getByRole('main').getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Read the documents again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Read again' }).click();
  };
  await begin();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('The documents are up to date');
  await page.keyboard.press('Escape');
  // As the server answers for a collection of an older version, which this stack cannot make.
  const collection = await get<{ embedding_model: string }>(context.request, path);
  const job = { id: '00000000-0000-7000-8000-000000000001', status: 'running', progress: 40 };
  const reembedding = { model: collection.embedding_model, job_id: job.id };
  await page.route(`**${path}/reembed`, (route) => {
    expect(route.request().postDataJSON()).toEqual({ model: collection.embedding_model });
    return route.fulfill({ status: 202, json: { collection: { ...collection, reembedding }, job } });
  });
  await page.route(`**/api/v1/jobs/${job.id}`, (route) => route.fulfill({ json: job }));
  await begin();
  await expect(page.locator('[data-reembedding]')).toContainText('Reading the documents again');
  await expect(page.locator('[data-reembedding]')).toContainText('40 %');
});
