// Widths, zoom, the focus ring, and how much a page loads.
import { expect, test, withShelf } from './stack';
import { expectNoSidewaysScroll } from './accessibility';

const shelf = withShelf();

for (const width of [360, 768, 900, 1024, 1150, 1440, 2560]) {
  test(`names in tables have room at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    for (const path of [`/collections/${shelf.collection}`, '/admin/people']) {
      await page.goto(path);
      const row = page.locator('[data-document], [data-person]').first();
      await expect(row).toBeVisible();
      const name = await row.locator('.name').boundingBox();
      expect(name?.width ?? 0, `${path}: the column of names`).toBeGreaterThan(190);
      await expectNoSidewaysScroll(page);
      await page.screenshot({ path: `test-results/table${path.replaceAll('/', '-').slice(0, 14)}-${width}.png` });
    }
  });
}

test('pages begin at one left edge', async ({ page }) => {
  await page.setViewportSize({ width: 2560, height: 1000 });
  const edges = new Set<number>();
  for (const path of ['/', '/search', `/spaces/${shelf.space}`, `/documents/${shelf.document}`]) {
    await page.goto(path);
    const title = page.getByRole('heading', { level: 1 });
    await expect(title).toBeVisible();
    const header = await page.locator('.page').boundingBox();
    edges.add(Math.round(header?.x ?? -1));
  }
  expect(Array.from(edges), 'left edges of the pages').toHaveLength(1);
});

test('the collapsed sidebar opens spaces and conversations beside it', async ({ page }) => {
  await page.setViewportSize({ width: 1150, height: 800 });
  await page.goto(`/chat/${shelf.conversation}`);
  await page.getByRole('button', { name: 'Collapse sidebar' }).click();
  const conversations = page.getByRole('button', { name: 'Conversations', exact: true });
  await conversations.click();
  const list = page.getByRole('menu', { name: 'Conversations' });
  await expect(list.locator('[aria-current=page]')).toBeVisible();
  const [button, panel] = await Promise.all([conversations.boundingBox(), list.boundingBox()]);
  expect(panel?.x ?? 0, 'beside the button').toBeGreaterThan((button?.x ?? 0) + (button?.width ?? 0));
  await page.screenshot({ path: 'test-results/fly-out-conversations.png' });
  await page.keyboard.press('Escape');
  await expect(conversations).toBeFocused();
  await page.getByRole('button', { name: 'Spaces', exact: true }).click();
  await page.screenshot({ path: 'test-results/fly-out-spaces.png' });
  await page.locator(`[role=menuitem][href="/spaces/${shelf.space}"]`).click();
  await expect(page).toHaveURL(new RegExp(`/spaces/${shelf.space}`));
  await page.getByRole('button', { name: 'Expand sidebar' }).click();
});

test('the focus of a card is seen whole', async ({ page }) => {
  await page.goto(`/spaces/${shelf.space}`);
  const link = page.getByRole('link', { name: 'House rules', exact: true });
  await link.focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(link).toBeFocused();
  const ring = await page
    .locator('.card-link')
    .filter({ has: link })
    .evaluate((card) => getComputedStyle(card).outlineWidth);
  expect(ring).toBe('2px');
});

test('at 400 % zoom the messages can be read', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 225 });
  await page.goto(`/chat/${shelf.conversation}`);
  const messages = page.locator('.messages');
  await expect(messages).toBeVisible();
  expect((await messages.boundingBox())?.height ?? 0).toBeGreaterThan(150);
});

for (const [name, path] of [
  ['sign-in', () => '/sign-in'],
  ['the start page', () => '/'],
  ['a new chat', () => '/chat/new'],
  ['a conversation', () => `/chat/${shelf.conversation}`],
  ['a collection', () => `/collections/${shelf.collection}`]
] as const) {
  test(`${name} is there with at most 30 requests`, async ({ page, context }) => {
    if (name === 'sign-in') await context.clearCookies();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(path(), { waitUntil: 'networkidle' });
    console.log(`${name}: ${requests.length} requests`);
    expect(requests.length, requests.join('\n')).toBeLessThanOrEqual(30);
  });
}

test('an unknown address keeps sidebar and heading', async ({ page }) => {
  await page.goto('/no/such/page');
  await expect(page.getByRole('heading', { name: 'Page not found', level: 1 })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
});

test('the foot of a long dialog stays in view', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 600 });
  await page.goto('/settings/api-keys');
  await page.getByRole('button', { name: 'New key' }).first().click();
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Create key' })).toBeInViewport();
});
