// What people read when something does not work: no connection, a proxy's page, faults in a form, rights that they lack.
import type { Locator, Page } from '@playwright/test';
import { admin, change, expect, makeShelf, newcomer, post, signIn, test } from './stack';

test('a page that cannot be fetched says that the connection is gone, in the language of the page', async ({
  page,
  context
}) => {
  await page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
  await signIn(context);
  await page.goto('/');
  await expect(page.getByRole('navigation', { name: 'Huvudmeny' })).toBeVisible();
  await context.setOffline(true);
  await page.getByRole('navigation', { name: 'Huvudmeny' }).getByRole('link', { name: 'Sök' }).click();
  await expect(page.getByRole('heading', { name: 'Ingen anslutning' })).toBeVisible();
  await expect(page.locator('body')).not.toContainText('Internal Error');
  await context.setOffline(false);
});

for (const status of [502, 503, 504]) {
  test(`a proxy's ${status} is a server that is not available`, async ({ page, context }) => {
    await signIn(context);
    await page.route('**/api/v1/search', (route) =>
      route.fulfill({ status, contentType: 'text/html', body: '<h1>Bad gateway</h1>' })
    );
    await page.goto('/search?q=anything');
    await expect(page.getByRole('alert')).toContainText('Part of the system is not available right now.');
  });
}

interface Problem {
  title: string;
  detail: string;
  errors?: { detail: string }[];
}

/** Does something that the server refuses with a status: what is said of it there, in Swedish. */
async function refused(page: Page, status: number, where: Locator, send: () => Promise<void>): Promise<void> {
  const answer = page.waitForResponse((response) => response.status() === status && response.url().includes('/api/'));
  await send();
  const { title, detail, errors = [] } = (await (await answer).json()) as Problem;
  await expect(where.locator('[role=alert], [aria-invalid=true]').first()).toBeVisible();
  const shown = (await where.innerText()).toLowerCase();
  for (const words of [title, detail, ...errors.map((fault) => fault.detail)]) {
    if (words) expect(shown).not.toContain(words.toLowerCase());
  }
  expect(shown).not.toMatch(/\b(the|expected|already|another|must|cannot|please|this|with)\b/);
}

test.describe('on a Swedish page the server says no in Swedish', () => {
  const stamp = Date.now().toString(36);
  let where: Locator;

  test.beforeEach(async ({ page, context }) => {
    await page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
    await signIn(context);
    where = page.getByRole('dialog');
  });

  const press = (name: string) => where.getByRole('button', { name, exact: true }).click();

  for (const [what, path, made, open, label, save] of [
    ['a group', '/admin/groups', '/api/v1/admin/user-groups', 'Ny grupp', 'Gruppens namn', 'Skapa grupp'],
    ['a role', '/admin/roles', '/api/v1/admin/roles', 'Ny roll', 'Rollens namn', 'Skapa roll'],
    ['a folder', '/', '/api/v1/conversation-folders', 'Ny mapp', 'Namn', 'Skapa mapp']
  ] as const) {
    test(`to ${what} whose name is taken (409)`, async ({ page, context }) => {
      const name = `Upptaget ${stamp}`;
      await post(context, made, what === 'a role' ? { name, permissions: ['audit'] } : { name });
      await page.goto(path);
      await page.getByRole('button', { name: open, exact: true }).first().click();
      await where.getByLabel(label).fill(name);
      await refused(page, 409, where, () => press(save));
    });
  }

  test('to an invitation of an existing user (409)', async ({ page }) => {
    await page.goto('/admin/people');
    await page.getByRole('button', { name: 'Bjud in person' }).click();
    await where.getByLabel('E-post').fill(admin.email);
    await refused(page, 409, where, () => press('Skapa länk'));
  });

  test('to a prompt whose command is taken (409)', async ({ page }) => {
    await page.goto('/settings/prompts');
    for (const is of ['first', 'second'] as const) {
      await page.getByRole('button', { name: 'Ny prompt' }).first().click();
      await where.getByLabel('Titel').fill('Rapport');
      await where.getByLabel('Kommando').fill(`rapport-${stamp}`);
      await where.getByLabel('Text', { exact: true }).fill('Skriv en rapport.');
      if (is === 'second') await refused(page, 409, where, () => press('Skapa prompt'));
      else await press('Skapa prompt');
      if (is === 'first') await expect(where).toHaveCount(0);
    }
  });

  test('to a provider at an address that it may not reach (400)', async ({ page }) => {
    await page.goto('/admin/models');
    await page.getByRole('button', { name: 'Lägg till leverantör' }).first().click();
    await where.getByLabel('Typ av leverantör').selectOption('En annan server med OpenAI:s API');
    await where.getByLabel('Namn').fill('Källaren');
    await where.getByLabel('Adress').fill('https://10.0.0.5/v1');
    await refused(page, 400, where, () => press('Spara och testa'));
  });

  test('to a password that is wrong (400)', async ({ page }) => {
    await page.goto('/settings');
    await page.getByLabel('Nuvarande lösenord').fill('fel lösenord helt och hållet');
    await page.getByLabel('Nytt lösenord').fill('ett nytt och långt lösenord');
    where = page.locator('form').filter({ hasText: 'Nuvarande lösenord' });
    await refused(page, 400, where, () => press('Byt lösenord'));
  });

  test('to a file that is too large (413)', async ({ page, context }) => {
    const space = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Stora filer ${stamp}` });
    const collection = await post<{ id: string }>(context, '/api/v1/collections', {
      space_id: space.id,
      name: 'Filer'
    });
    // As the server words it: a real one would need a file of 100 MiB.
    const json = {
      type: 'about:blank',
      error: 'too_large',
      title: 'The request is too large',
      status: 413,
      detail: 'expected a file of at most 100 MiB; split it or ask an administrator',
      reason: { code: 'file_too_large', max: String(100 * 2 ** 20) },
      request_id: 'r-1'
    };
    await page.route(`**/api/v1/collections/${collection.id}/documents?filename=*`, (route) =>
      route.fulfill({ status: 413, contentType: 'application/problem+json', json })
    );
    await page.goto(`/collections/${collection.id}`);
    where = page.locator('[data-upload=failed]');
    await refused(page, 413, where, async () => {
      await page
        .locator('input[type=file]')
        .first()
        .setInputFiles({
          name: 'protokoll.txt',
          mimeType: 'text/plain',
          buffer: Buffer.from('Kort.')
        });
    });
    await expect(where).toContainText('Filer får vara högst 100 MB.');
    await change(context, 'DELETE', `/api/v1/spaces/${space.id}`);
  });
});

test('saving a form with faults brings the first of them into view', async ({ page, context }) => {
  await signIn(context);
  await page.setViewportSize({ width: 1024, height: 600 });
  await page.goto('/admin/single-sign-on');
  const begin = page.getByRole('button', { name: 'Set up single sign-on' });
  const save = page.getByRole('button', { name: 'Save' });
  await expect(begin.or(save)).toBeVisible();
  // Another test may have set it up already.
  if (await begin.isVisible()) await begin.click();
  else await page.getByLabel('Issuer', { exact: true }).fill('');
  await save.click();
  const first = page.locator('[aria-invalid=true]').first();
  await expect(first).toBeFocused();
  await expect(first).toBeInViewport();
});

test('nobody is offered what their role does not let them do', async ({ page, browser, context }) => {
  const theirs = await browser.newContext();
  await signIn(theirs);
  const shelf = await makeShelf(theirs);
  const person = await newcomer(browser, 'Rolf Läsare');
  const role = await post<{ id: string }>(theirs, '/api/v1/admin/roles', {
    name: `Nothing ${Date.now().toString(36)}`,
    permissions: []
  });
  await change(theirs, 'PATCH', `/api/v1/admin/users/${person.id}`, { custom_role_id: role.id });
  await post(theirs, `/api/v1/spaces/${shelf.space}/members`, { user_id: person.id, role: 'viewer' });
  await signIn(context, person);
  const refused: string[] = [];
  page.on('response', (response) => response.status() === 403 && refused.push(response.url()));
  await page.goto('/');
  await expect(page.getByLabel('Your question')).toBeVisible();
  await expect(page.getByRole('button', { name: 'New space' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Create space' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Add documents' })).toHaveCount(0);
  await page.goto(`/collections/${shelf.collection}`);
  await expect(page.getByRole('table')).toBeVisible();
  await expect(page.getByText('Drop documents here')).toHaveCount(0);
  await expect(page.getByRole('checkbox')).toHaveCount(0);
  expect(refused).toEqual([]);
  await theirs.close();
});

test('processing again is offered only where it can help', async ({ page, context }) => {
  await signIn(context);
  const shelf = await makeShelf(context);
  await page.goto(`/collections/${shelf.collection}`);
  const failed = page.getByRole('row').filter({ hasText: 'Failed' });
  await expect(failed).toBeVisible();
  await expect(failed.getByRole('button', { name: /^Process/ })).toHaveCount(0);
});
