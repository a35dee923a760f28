// Files that are attached to a question, and chats that nothing stores.
import { dropFiles, expect, get, test, withShelf } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

const shelf = withShelf();
const minutes = Buffer.from('# Minutes\n\nThe summer party was moved to the fourteenth of June.\n');
const note = (name: string, body = minutes) => ({ name, type: 'text/markdown', body });
const question = 'When is the summer party?';

test('a file that is dropped on a conversation is read, asked about, cited and opened', async ({ page }) => {
  await page.goto(`/chat/${shelf.conversation}`);
  await expect(page.getByLabel('Your question')).toBeVisible();
  await dropFiles(page, [note('minutes.md')]);
  await expect(page.locator('[data-attachment]')).toContainText('minutes.md');
  // Sent at once; it waits for the file by itself.
  await page.getByLabel('Your question').fill(question);
  await page.keyboard.press('Enter');
  const answer = page.locator('[data-status]').last();
  await expect(answer).toContainText('fourteenth of June', { timeout: 60_000 });
  await expect(answer).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
  await expect(page.locator('[data-attachment]')).toHaveCount(0);
  await expectAccessible(page);
  await expect(page.getByRole('link', { name: 'minutes.md' }).last()).toBeVisible();
  await answer.locator('a.chip').first().click();
  await expect(page.getByText('The summer party was moved')).not.toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('list', { name: 'Attached files' }).last()).toContainText('minutes.md');
});

test('files for a new conversation can be removed, and one that cannot be read holds the question', async ({
  page
}) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(`/chat/new?assistant=${shelf.assistant}`);
  await page.locator('input[data-attach]').setInputFiles([
    { name: 'minutes.md', mimeType: 'text/markdown', buffer: minutes },
    { name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog') }
  ]);
  await expect(page.locator('[data-attachment=ready]')).toContainText('minutes.md', { timeout: 60_000 });
  await expect(page.locator('[data-attachment=bad]')).toContainText('letter.pdf', { timeout: 60_000 });
  await expectNoSidewaysScroll(page);
  await page.getByLabel('Your question').fill(question);
  await expect(page.getByRole('button', { name: 'Send' })).toBeDisabled();
  await page.getByRole('button', { name: 'Remove letter.pdf' }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
  await expect(page.locator('[data-status]').last()).toContainText('fourteenth of June', { timeout: 60_000 });
});

test('a temporary chat is in no list and gone after a reload', async ({ page }) => {
  // Other files create conversations at the same time, so this one is known by its question.
  const asked = 'How many weeks before a tenant moves in must I apply?';
  await page.goto(`/chat/new?assistant=${shelf.assistant}`);
  await page.getByRole('button', { name: 'Temporary' }).click();
  await page.getByLabel('Your question').fill(asked);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/chat\/temporary$/);
  const answer = page.locator('[data-status]').last();
  await expect(answer).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
  await expect(answer).toContainText('six weeks');
  await expect(page.getByText('Nothing of it is stored.')).toBeVisible();
  await expectAccessible(page);
  const stored = await get<{ conversations: { title: string }[] }>(page.request, '/api/v1/conversations?limit=50');
  expect(stored.conversations.map((conversation) => conversation.title)).not.toContain(asked);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await expect(page.getByText('The temporary chat is gone')).toBeVisible();
});
