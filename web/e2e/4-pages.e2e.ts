// Every page in light and dark, narrow and wide: a picture, no breach of WCAG 2.2 AA, nothing wider than the screen.
import type { Page } from '@playwright/test';
import { expect, makeShelf, signIn, test, type Shelf } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

let shelf: Shelf;

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext();
  await signIn(context);
  shelf = await makeShelf(context);
  await context.close();
});

const places: { name: string; path: () => string; ready: (page: Page) => Promise<void> }[] = [
  {
    name: 'home',
    path: () => '/',
    ready: (page) => expect(page.getByLabel('Your question')).toBeVisible()
  },
  {
    name: 'space',
    path: () => `/spaces/${shelf.space}`,
    ready: (page) => expect(page.getByRole('link', { name: 'House rules', exact: true })).toBeVisible()
  },
  {
    name: 'knowledge',
    path: () => `/spaces/${shelf.space}/knowledge`,
    ready: (page) => expect(page.getByText(/3 documents/)).toBeVisible()
  },
  {
    name: 'about',
    path: () => `/spaces/${shelf.space}/about`,
    ready: (page) => expect(page.getByRole('button', { name: 'Delete space' })).toBeVisible()
  },
  {
    name: 'collection',
    path: () => `/collections/${shelf.collection}`,
    ready: (page) => expect(page.getByText('Failed')).toBeVisible()
  },
  {
    name: 'document',
    path: () => `/documents/${shelf.document}`,
    ready: (page) => expect(page.getByLabel('Go to page').first()).toBeVisible()
  },
  {
    name: 'assistant',
    path: () => `/assistants/${shelf.assistant}`,
    ready: (page) => expect(page.getByRole('checkbox')).toBeChecked()
  },
  {
    name: 'new-chat',
    path: () => `/chat/new?assistant=${shelf.assistant}`,
    ready: (page) => expect(page.getByRole('heading', { name: 'Ask House rules' })).toBeVisible()
  },
  {
    name: 'chat',
    path: () => `/chat/${shelf.conversation}`,
    ready: (page) => expect(page.locator('a.chip').first()).toBeVisible()
  },
  {
    name: 'search',
    path: () => '/search?q=guest%20flat',
    ready: (page) => expect(page.getByText(/passages?$/).first()).toBeVisible()
  },
  {
    name: 'not-found',
    path: () => '/no/such/page',
    ready: (page) => expect(page.getByText('There is no such page')).toBeVisible()
  }
];

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 768, 1440]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: width < 500 ? 740 : 900 } });

      test('sign-in', async ({ page }) => {
        await page.goto('/sign-in');
        await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
        await page.screenshot({ path: `test-results/sign-in-${colorScheme}-${width}.png` });
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      });

      test('API reference, to somebody who is not signed in', async ({ page }) => {
        await page.goto('/docs');
        const search = page.locator('details#search');
        await expect(search.locator('summary').first()).toContainText('POST /api/v1/search');
        await page.screenshot({ path: `test-results/docs-${colorScheme}-${width}.png` });
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
        await search.locator('summary').first().focus();
        await page.keyboard.press('Enter');
        await expect(search).toContainText('SearchResult');
        await search.getByText('SearchHit', { exact: true }).click();
        await expect(search).toContainText('heading_path');
        await page.screenshot({ path: `test-results/docs-search-${colorScheme}-${width}.png` });
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      });

      test('all pages', async ({ page, context }) => {
        await signIn(context);
        for (const place of places) {
          await page.goto(place.path());
          await place.ready(page);
          await page.screenshot({ path: `test-results/${place.name}-${colorScheme}-${width}.png` });
          await test.step(place.name, async () => {
            await expectAccessible(page);
            await expectNoSidewaysScroll(page);
          });
        }
      });
    });
  }
}
