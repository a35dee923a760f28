// What people read when something does not work: no connection, a proxy's page, faults in a form, rights that they lack.
import { change, expect, makeShelf, newcomer, post, signIn, test } from './stack';

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

test('no English sentence of the server stands on a Swedish page', async ({ page, context }) => {
  await page.addInitScript(() => localStorage.setItem('tessera.language', 'sv'));
  await signIn(context);
  const name = `Grupp ${Date.now().toString(36)}`;
  await post(context, '/api/v1/admin/roles', { name, permissions: ['audit'] });
  await page.goto('/settings');
  await page.getByLabel('Nuvarande lösenord').fill('fel lösenord helt och hållet');
  await page.getByLabel('Nytt lösenord').fill('Password1234!');
  await page.getByRole('button', { name: 'Byt lösenord' }).click();
  await expect(page.getByText(/nuvarande lösenord\.|vanligaste lösenorden/).first()).toBeVisible();
  await expect(page.locator('main')).not.toContainText(/\b(the|expected|password|this is)\b/i);
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
  const admin = await browser.newContext();
  await signIn(admin);
  const shelf = await makeShelf(admin);
  const person = await newcomer(browser, 'Rolf Läsare');
  const role = await post<{ id: string }>(admin, '/api/v1/admin/roles', {
    name: `Nothing ${Date.now().toString(36)}`,
    permissions: []
  });
  await change(admin, 'PATCH', `/api/v1/admin/users/${person.id}`, { custom_role_id: role.id });
  await post(admin, `/api/v1/spaces/${shelf.space}/members`, { user_id: person.id, role: 'viewer' });
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
  await admin.close();
});

test('processing again is offered only where it can help', async ({ page, context }) => {
  await signIn(context);
  const shelf = await makeShelf(context);
  await page.goto(`/collections/${shelf.collection}`);
  const failed = page.getByRole('row').filter({ hasText: 'Failed' });
  await expect(failed).toBeVisible();
  await expect(failed.getByRole('button', { name: /^Process/ })).toHaveCount(0);
});
