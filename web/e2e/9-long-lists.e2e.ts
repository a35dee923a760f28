// More than a thousand documents, messages, people and conversations: all are there, few are drawn.
import type { Page } from '@playwright/test';
import { change, expect, get, post, test, withShelf } from './stack';

const shelf = withShelf();
const MANY = 1_250;
/** As many rows as a page of a long list may hold. */
const DRAWN = 200;

interface Listed {
  id: string;
  created_at: string;
}

/** The newest first, each a minute older than the one before. */
function copies<T extends Listed>(template: T, count: number, change: (place: number) => Partial<T>): T[] {
  return Array.from({ length: count }, (_, at) => ({
    ...template,
    id: `00000000-0000-7000-8000-${String(at + 1).padStart(12, '0')}`,
    created_at: new Date(Date.UTC(2026, 0, 1) - at * 60_000).toISOString(),
    ...change(at + 1)
  }));
}

/** Serves a list of the stack with these items instead; what follows the first page waits until `later` is called. */
async function serve(page: Page, path: string, name: string, items: object[], size: number) {
  const asked: string[] = [];
  let later = (): void => undefined;
  const allowed = new Promise<void>((resolve) => (later = resolve));
  await page.route(path, async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const { searchParams } = new URL(route.request().url());
    const from = Number(searchParams.get('cursor') ?? 0);
    asked.push(String(from));
    if (from > 0) await allowed;
    const next_cursor = from + size < items.length ? String(from + size) : null;
    await route.fulfill({ json: { [name]: items.slice(from, from + size), total: items.length, next_cursor } });
  });
  return { asked, later };
}

test('1,250 documents: the first are drawn before the others have come, and none is missing', async ({
  page,
  context
}) => {
  const path = `/api/v1/collections/${shelf.collection}/documents`;
  const { documents } = await get<{ documents: (Listed & { title: string })[] }>(context.request, path);
  const [template] = documents;
  if (!template) throw new Error('the shelf has no documents');
  const many = copies(template, MANY, (place) => ({ title: `Document ${place}` }));
  const { later } = await serve(page, `**${path}?*`, 'documents', many, 100);
  await page.goto(`/collections/${shelf.collection}`);
  const table = page.getByRole('table');
  await expect(table.getByRole('link', { name: 'Document 1', exact: true })).toBeVisible();
  await expect(table).toHaveAttribute('aria-busy', 'true');
  later();
  await expect(table).toHaveAttribute('aria-busy', 'false', { timeout: 30_000 });
  await expect(page.getByText('1,250 documents').first()).toBeVisible();
  await expect(table).toHaveAttribute('aria-rowcount', String(MANY + 1));
  expect(await table.locator('[data-document]').count()).toBeLessThan(DRAWN);
  await expect(async () => {
    await page.mouse.move(700, 500);
    await page.mouse.wheel(0, 100_000);
    await expect(table.getByRole('link', { name: `Document ${MANY}`, exact: true })).toBeVisible({ timeout: 500 });
  }).toPass();
  expect(await table.locator('[data-document]').count()).toBeLessThan(DRAWN);
});

test('1,250 messages: the newest are in view, and the older ones are offered', async ({ page, context }) => {
  const path = `/api/v1/conversations/${shelf.conversation}/messages`;
  const { messages } = await get<{ messages: (Listed & { role: string; content: string })[] }>(context.request, path);
  const [asked, answered] = ['user', 'assistant'].map((role) => messages.find((message) => message.role === role));
  if (!asked || !answered) throw new Error('the conversation has no answer');
  const many = copies(asked, MANY, (place) => {
    const number = MANY - place + 1;
    return number % 2
      ? { content: `Message ${number}` }
      : { ...answered, ...unique(place), content: `Message ${number}`, sources: [], citations: [] };
  });
  const { asked: pages, later } = await serve(page, `**${path}?*`, 'messages', many, 50);
  later();
  await page.goto(`/chat/${shelf.conversation}`);
  const message = (number: number) => page.getByRole('log').getByText(`Message ${number}`, { exact: true });
  await expect(message(MANY)).toBeInViewport();
  expect(pages, 'only the newest are read').toEqual(['0']);
  // No end is made up: what is older is offered.
  await expect(page.getByRole('button', { name: 'Show earlier messages' })).toBeAttached();
});

const unique = (place: number): { id: string; versions: string[] } => {
  const id = `00000000-0000-7000-8000-${String(place).padStart(12, '0')}`;
  return { id, versions: [id] };
};

test('1,250 people: few rows are in the page, and the last of them is reached', async ({ page, context }) => {
  const { users } = await get<{ users: (Listed & { display_name: string })[] }>(context.request, '/api/v1/admin/users');
  const [template] = users;
  if (!template) throw new Error('there is nobody');
  const many = copies(template, MANY, (place) => ({ display_name: `Person ${place}` }));
  const { later } = await serve(page, '**/api/v1/admin/users?*', 'users', many, 500);
  later();
  await page.goto('/admin/people');
  const rows = page.locator('[data-person]');
  // The sidebar may have such a button too.
  const more = page.locator('#content').getByRole('button', { name: 'Show more' });
  await expect(rows.first()).toBeVisible();
  for (const read of [500, 1_000]) {
    await expect(page.getByRole('table')).toHaveAttribute('aria-rowcount', String(MANY + 1));
    expect(await rows.count(), `of ${read}`).toBeLessThan(DRAWN);
    await more.click();
  }
  await expect(more).toHaveCount(0);
  await expect(async () => {
    await page.mouse.move(700, 500);
    await page.mouse.wheel(0, 200_000);
    await expect(rows.filter({ hasText: `Person ${MANY}` })).toBeVisible({ timeout: 500 });
  }).toPass();
  expect(await rows.count()).toBeLessThan(DRAWN);
});

test('the sidebar draws a bounded number of conversations, and the server looks through the others', async ({
  page,
  context
}) => {
  const title = `Waterworks${Date.now().toString(36)}`;
  const old = await post<Listed & { updated_at: string; title: string | null }>(context, '/api/v1/conversations', {
    assistant_id: shelf.assistant
  });
  await change(context, 'PATCH', `/api/v1/conversations/${old.id}`, { title });
  const many = copies(old, MANY, (place) => ({ title: `Talk ${place}` }));
  const { asked, later } = await serve(page, '**/api/v1/conversations?*', 'conversations', many, 50);
  later();
  await page.goto('/search');
  const side = page.getByRole('navigation', { name: 'Main navigation' });
  const rows = side.locator('.line');
  await expect(rows.first()).toBeVisible();
  const more = side.getByRole('button', { name: 'Show more', exact: true });
  for (let pages = 1; pages < 4; pages += 1) {
    await expect(rows).toHaveCount(pages * 50);
    await more.click();
  }
  await expect(rows).toHaveCount(200);
  await expect(more).toHaveCount(0);
  const read = asked.length;
  await side.getByRole('searchbox', { name: 'Filter conversations' }).fill(title);
  await expect(side.getByRole('link', { name: title })).toHaveAttribute('href', `/chat/${old.id}`);
  await expect(side.getByRole('heading', { name: 'More conversations' })).toBeVisible();
  expect(asked.length, 'more of the list is read for a filter').toBe(read);
  await side.getByRole('searchbox', { name: 'Filter conversations' }).fill('Talk 137');
  await expect(rows).toHaveCount(1);
});
