// Every page in light and dark, narrow and wide: a picture, no breach of WCAG 2.2 AA, nothing wider than the screen.
import type { Page } from '@playwright/test';
import { change, expect, invite, makeShelf, post, signIn, test, type Shelf } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

let shelf: Shelf;
let invitation: string;

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext();
  await signIn(context);
  shelf = await makeShelf(context);
  // Longer than the sidebar is wide.
  await post(context, '/api/v1/spaces', { name: 'Property maintenance, procurement and insurance matters' });
  const { id: editor } = await invite(context, 'Bertil Ek');
  await post(context, `/api/v1/spaces/${shelf.space}/members`, { user_id: editor, role: 'editor' });
  const { id: away } = await invite(context, 'Disa af Ugglas-Lilliehöök', 'manager');
  await change(context, 'PATCH', `/api/v1/admin/users/${away}`, { active: false });
  const { id: gone } = await invite(context, 'Egon Falk');
  await change(context, 'DELETE', `/api/v1/admin/users/${gone}`);
  invitation = (await invite(context, 'Cecilia Berg')).link;
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
    name: 'members',
    path: () => `/spaces/${shelf.space}/members`,
    ready: (page) => expect(page.getByText('Bertil Ek')).toBeVisible()
  },
  {
    name: 'people',
    path: () => '/admin/people',
    ready: (page) => expect(page.getByText('Cecilia Berg').first()).toBeVisible()
  },
  {
    name: 'people-deleted',
    path: () => '/admin/people?q=egon&state=deleted',
    ready: (page) => expect(page.getByText('Egon Falk').first()).toBeVisible()
  },
  {
    name: 'people-none',
    path: () => '/admin/people?q=nobody%20has%20this%20name',
    ready: (page) => expect(page.getByText('No results')).toBeVisible()
  },
  {
    name: 'account',
    path: () => '/settings',
    ready: (page) => expect(page.getByText('This browser')).toBeVisible()
  },
  {
    name: 'own-usage',
    path: () => '/settings/usage',
    ready: (page) => expect(page.getByRole('group', { name: 'This month' })).toBeVisible()
  },
  {
    name: 'api-keys',
    path: () => '/settings/api-keys',
    ready: (page) => expect(page.getByRole('button', { name: 'New key' })).toBeVisible()
  },
  {
    name: 'prompts',
    path: () => '/settings/prompts',
    ready: (page) => expect(page.getByRole('button', { name: 'New prompt' })).toBeVisible()
  },
  {
    name: 'space-prompts',
    path: () => `/spaces/${shelf.space}/prompts`,
    ready: (page) => expect(page.getByRole('button', { name: 'New prompt' })).toBeVisible()
  },
  {
    name: 'roles',
    path: () => '/admin/roles',
    ready: (page) => expect(page.getByRole('heading', { name: 'Built in' })).toBeVisible()
  },
  {
    name: 'groups',
    path: () => '/admin/groups',
    ready: (page) => expect(page.getByRole('button', { name: 'New group' })).toBeVisible()
  },
  {
    name: 'models',
    path: () => '/admin/models',
    ready: (page) => expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible()
  },
  {
    name: 'usage',
    path: () => '/admin/usage',
    ready: (page) => expect(page.getByRole('group', { name: 'Totals' })).toBeVisible()
  },
  {
    name: 'quotas',
    path: () => '/admin/quotas',
    ready: (page) => expect(page.getByRole('heading', { name: 'Costs' })).toBeVisible()
  },
  {
    name: 'single-sign-on',
    path: () => '/admin/single-sign-on',
    ready: (page) => expect(page.getByRole('heading', { name: 'Single sign-on' })).toBeVisible()
  },
  {
    name: 'directory',
    path: () => '/admin/directory',
    ready: (page) => expect(page.getByRole('heading', { name: 'In the directory' })).toBeVisible()
  },
  {
    name: 'jobs',
    path: () => '/admin/jobs',
    ready: (page) => expect(page.getByText('Reading a document').first()).toBeVisible()
  },
  {
    name: 'health',
    path: () => '/admin/health',
    ready: (page) => expect(page.locator('[data-check=database]')).toContainText('Works')
  },
  {
    name: 'audit-reason',
    path: () => '/admin/audit',
    ready: (page) => expect(page.getByLabel('Reason')).toBeVisible()
  },
  {
    name: 'organisation',
    path: () => '/admin/settings',
    ready: (page) => expect(page.getByLabel('Allowed origins')).toBeVisible()
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
    ready: (page) => expect(page.getByText(/^\s*\d+ passages?\s+in/)).toBeVisible()
  },
  {
    name: 'not-found',
    path: () => '/no/such/page',
    ready: (page) => expect(page.getByText('Page not found')).toBeVisible()
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

      test('forgotten password', async ({ page }) => {
        await page.goto('/forgotten');
        await expect(page.getByLabel('E-mail')).toBeVisible();
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
        await page.goto('/reset#0123456789abcdef0123456789abcdef');
        await expect(page.getByLabel('New password')).toBeVisible();
        await page.screenshot({ path: `test-results/reset-${colorScheme}-${width}.png` });
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      });

      test('invitation', async ({ page }) => {
        await page.goto(invitation);
        await expect(page.getByLabel('Your e-mail')).toHaveValue(/^cecilia\.berg/);
        await page.screenshot({ path: `test-results/invitation-${colorScheme}-${width}.png` });
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
        await page.goto('/sign-in');
        await page.goto('/invitation#0123456789abcdef');
        await expect(page.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
        await page.screenshot({ path: `test-results/invitation-used-${colorScheme}-${width}.png` });
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      });

      test('dialogs about people', async ({ page, context }) => {
        await signIn(context);
        const check = async (name: string) => {
          await expectAccessible(page);
          await page.screenshot({ path: `test-results/${name}-${colorScheme}-${width}.png` });
          await expectNoSidewaysScroll(page);
        };
        await page.goto('/admin/people');
        await page.getByRole('button', { name: 'Invite person' }).click();
        await page.getByRole('button', { name: 'Create link' }).click();
        await expect(page.getByText('This field is required.')).toBeVisible();
        await check('people-invite');
        await page.keyboard.press('Escape');
        const menu = page.getByRole('button', { name: 'Actions for Cecilia Berg' }).first();
        await menu.click();
        await check('people-menu');
        await page.getByRole('menuitem', { name: 'Change role' }).click();
        await check('people-role');
        await page.keyboard.press('Escape');
        await expect(menu).toBeFocused();
        await page.goto(`/spaces/${shelf.space}/members`);
        await page.getByRole('button', { name: 'Add member' }).click();
        await page.getByLabel('Find person').fill('e');
        await expect(page.getByRole('radio', { name: /Cecilia Berg/ }).first()).toBeVisible();
        await check('members-add');
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
        // Each page is drawn, measured and searched with axe.
        test.setTimeout(300_000);
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

/** As `ready` of each place, in any language: the heading is there, and nothing is being fetched. */
async function drawn(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
  await expect(page.locator('main .skeleton, main [aria-busy=true]')).toHaveCount(0);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in Swedish, ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('all pages, at every width', async ({ page, context }) => {
      test.setTimeout(400_000);
      await page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
      await signIn(context);
      for (const place of places) {
        await test.step(place.name, async () => {
          await page.setViewportSize({ width: 1440, height: 900 });
          await page.goto(place.path());
          await drawn(page);
          await page.screenshot({ path: `test-results/${place.name}-sv-${colorScheme}-1440.png` });
          await expectAccessible(page);
          for (const width of [360, 768, 900, 1024, 1150, 2560]) {
            await page.setViewportSize({ width, height: 900 });
            await expectNoSidewaysScroll(page);
            if (width === 360) await expectAccessible(page);
            if (width <= 900)
              await page.screenshot({ path: `test-results/${place.name}-sv-${colorScheme}-${width}.png` });
          }
        });
      }
    });
  });
}

test('the dialogs that Swedish is longest in', async ({ page, context }) => {
  await page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
  await signIn(context);
  const dialogs: [string, string, string][] = [
    ['/settings/api-keys', 'Ny nyckel', 'new-key'],
    ['/settings/prompts', 'Ny prompt', 'new-prompt'],
    [`/spaces/${shelf.space}/members`, 'Lägg till grupp', 'add-group'],
    ['/admin/roles', 'Ny roll', 'new-role'],
    ['/admin/people', 'Bjud in person', 'invite']
  ];
  for (const [path, button, name] of dialogs) {
    await page.goto(path);
    await page.getByRole('button', { name: button }).first().click();
    for (const width of [360, 900]) {
      await page.setViewportSize({ width, height: 800 });
      await page.screenshot({ path: `test-results/dialog-${name}-sv-${width}.png` });
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
  }
});
