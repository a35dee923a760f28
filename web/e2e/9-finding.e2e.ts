// The quick switcher and the search.
import { change, expect, post, test, withShelf } from './stack';

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
