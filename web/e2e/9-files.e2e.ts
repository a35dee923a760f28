// Files that are dropped anywhere, and collections of many documents.
import type { Page } from '@playwright/test';
import { dropFiles, expect, post, signIn, test } from './stack';

const note = (name: string) => ({ name, type: 'text/plain', body: Buffer.from(`The note ${name} says something.`) });

test.beforeEach(({ context }) => signIn(context));

/** Whether the page keeps the browser from opening what is dropped. */
async function dropIsTaken(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(['x'], 'x.txt', { type: 'text/plain' }));
    const init = { dataTransfer: data, bubbles: true, cancelable: true };
    const over = new DragEvent('dragover', init);
    document.body.dispatchEvent(over);
    return over.defaultPrevented;
  });
}

for (const path of ['/', '/chat/new', '/search', '/settings', '/admin/people']) {
  test(`a file over ${path} does not replace the application`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await dropIsTaken(page)).toBe(true);
  });
}

test('a file dropped on an empty space makes its first collection', async ({ page, context }) => {
  const space = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Drop ${Date.now().toString(36)}` });
  await page.goto(`/spaces/${space.id}/knowledge`);
  await dropFiles(page, [note('first.txt')]);
  await expect(page).toHaveURL(/\/collections\//);
  await expect(page.getByRole('row').filter({ hasText: 'first' })).toContainText('Ready', { timeout: 60_000 });
});

test('among several collections the person chooses', async ({ page, context }) => {
  const space = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Choose ${Date.now().toString(36)}` });
  for (const name of ['Minutes', 'Rules']) await post(context, '/api/v1/collections', { space_id: space.id, name });
  await page.goto(`/spaces/${space.id}/knowledge`);
  await dropFiles(page, [note('rule.txt')]);
  await page.getByRole('dialog').getByRole('button', { name: /Rules/ }).click();
  await expect(page.getByRole('heading', { name: 'Rules' })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'rule' })).toContainText('Ready', { timeout: 60_000 });
});

test('many dropped files are all listed, counted, found and sorted', async ({ page, context }) => {
  test.setTimeout(420_000);
  // Shorter lists are drawn whole (VirtualRows).
  const MANY = 130;
  const space = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Many ${Date.now().toString(36)}` });
  const collection = await post<{ id: string }>(context, '/api/v1/collections', { space_id: space.id, name: 'Many' });
  await page.goto(`/collections/${collection.id}`);
  await dropFiles(
    page,
    Array.from({ length: MANY }, (_, at) => note(`note-${String(at).padStart(3, '0')}.txt`))
  );
  await expect(page.getByText(`${MANY} documents`)).toBeVisible({ timeout: 300_000 });
  await expect(page.getByRole('button', { name: `Ready ${MANY}` })).toBeVisible({ timeout: 300_000 });
  // Only rows near the window are drawn.
  expect(await page.getByRole('row').count()).toBeLessThan(MANY);
  await page.getByRole('searchbox', { name: 'Find by name' }).fill('note-042');
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('searchbox', { name: 'Find by name' }).fill('');
  await page.getByRole('columnheader', { name: 'Document' }).getByRole('button').click();
  await expect(page.getByRole('row').nth(1)).toContainText('note-000');
  await page.mouse.wheel(0, 100_000);
  await expect(page.getByRole('row').filter({ hasText: 'note-129' })).toBeVisible();
  await page.reload();
  await expect(page.getByText(`${MANY} documents`)).toBeVisible();
});

test('several documents are deleted at once', async ({ page, context }) => {
  const space = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Bulk ${Date.now().toString(36)}` });
  const collection = await post<{ id: string }>(context, '/api/v1/collections', { space_id: space.id, name: 'Bulk' });
  await page.goto(`/collections/${collection.id}`);
  await dropFiles(page, ['one.txt', 'two.txt', 'three.txt', 'four.txt'].map(note));
  await expect(page.getByRole('button', { name: 'Ready 4' })).toBeVisible({ timeout: 60_000 });
  await page.getByRole('checkbox', { name: 'Select all' }).check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('dialog')).toContainText('Delete 4 documents?');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('0 documents')).toBeVisible();
});

test('documents are chosen and deleted also where there are few', async ({ page, context }) => {
  const space = await post<{ id: string }>(context, '/api/v1/spaces', { name: `Few ${Date.now().toString(36)}` });
  const collection = await post<{ id: string }>(context, '/api/v1/collections', { space_id: space.id, name: 'Few' });
  await page.goto(`/collections/${collection.id}`);
  await dropFiles(page, ['one.txt', 'two.txt'].map(note));
  await page.getByRole('checkbox', { name: 'Select one.txt' }).check();
  await expect(page.getByRole('toolbar')).toContainText('1 selected');
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('1 document', { exact: false }).first()).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'two' })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'one.txt' })).toHaveCount(0);
});

test('ticked documents are moved, and one that stays is named with the reason', async ({ page, context }) => {
  const stamp = Date.now().toString(36);
  const made = async (name: string) => {
    const space = await post<{ id: string }>(context, '/api/v1/spaces', { name: `${name} ${stamp}` });
    return post<{ id: string }>(context, '/api/v1/collections', { space_id: space.id, name: `${name} ${stamp}` });
  };
  const [source, target] = [await made('Source'), await made('Target')];
  await page.goto(`/collections/${source.id}`);
  await dropFiles(page, ['one.txt', 'two.txt', 'three.txt', 'four.txt'].map(note));
  await expect(page.getByRole('button', { name: 'Ready 4' })).toBeVisible({ timeout: 60_000 });

  let refuse = true;
  await page.route('**/api/v1/documents/*', async (route) => {
    if (!refuse || route.request().method() !== 'PATCH') return route.continue();
    refuse = false;
    const problem = { title: 'Conflict', detail: '', error: 'conflict', reason: { code: 'document_busy' } };
    await route.fulfill({ status: 409, json: { type: 'about:blank', status: 409, request_id: 'r', ...problem } });
  });
  await page.getByRole('checkbox', { name: 'Select all' }).check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Move' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Move 4 documents');
  await dialog.getByRole('textbox', { name: 'Find a collection' }).fill(`target ${stamp}`);
  await dialog.getByRole('radio', { name: `Target ${stamp}` }).check();
  await dialog.getByRole('button', { name: 'Move' }).click();
  await expect(dialog.getByRole('alert')).toContainText('1 document was not moved:');
  await expect(dialog.getByRole('alert')).toContainText('The document is being processed.');
  await expect(page.getByText('1 document ·')).toBeVisible();
  await dialog.getByRole('button', { name: 'Move' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('0 documents')).toBeVisible();

  await page.goto(`/collections/${target.id}`);
  await expect(page.getByRole('button', { name: 'Ready 4' })).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Move one.txt' }).click();
  await dialog.getByRole('textbox', { name: 'Find a collection' }).fill(`source ${stamp}`);
  await dialog.getByRole('radio', { name: `Source ${stamp}` }).check();
  await dialog.getByRole('button', { name: 'Move' }).click();
  await expect(page.getByText('3 documents')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'one.txt' })).toHaveCount(0);
});
