// Reading along, several tabs, drafts, and asking again.
import type { BrowserContext, Page } from '@playwright/test';
import { change, expect, makeShelf, post, shelf as demo, signIn, test, admin, type Shelf } from './stack';

test.describe.configure({ mode: 'serial' });

let shelf: Shelf;
let context: BrowserContext;
const QUESTIONS = [
  'How do I book the guest flat, and what does it cost?',
  'What must I do before I renovate the bathroom?',
  'Where may I park a motorcycle?',
  'When is the laundry room open?',
  'What does the handbook say about pets and about balconies?',
  'Who pays when a pipe leaks?'
];

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 700 } });
  await signIn(context);
  shelf = await makeShelf(context);
});

test.afterAll(() => context.close());

const answers = (page: Page) => page.locator('[data-status]');

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question);
  await page.keyboard.press('Enter');
}

async function answered(page: Page, count: number): Promise<void> {
  await expect(answers(page)).toHaveCount(count);
  await expect(answers(page).last()).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
}

/** How many pixels of the conversation are below the window of it. */
const below = (page: Page) =>
  page.locator('.messages').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

test('every answer stays in view to its end, and nothing says otherwise', async () => {
  const page = await context.newPage();
  await page.goto(`/chat/${shelf.conversation}`);
  await answered(page, 1);
  for (const [at, question] of QUESTIONS.entries()) {
    await ask(page, question);
    await answered(page, at + 2);
    await expect.poll(() => below(page), question).toBeLessThan(4);
    await expect(page.getByRole('button', { name: 'Go to the end' })).toHaveCount(0);
  }
  await page.close();
});

test('a question that is asked while scrolled up is brought into view', async () => {
  const page = await context.newPage();
  await page.goto(`/chat/${shelf.conversation}`);
  await answered(page, 7);
  await page.locator('.messages').hover();
  await page.mouse.wheel(0, -700);
  await expect(page.getByRole('button', { name: 'Go to the end' })).toBeVisible();
  await ask(page, 'May I keep a dog?');
  await expect(page.locator('.question').last()).toBeInViewport();
  await answered(page, 8);
  await expect.poll(() => below(page)).toBeLessThan(4);
  await page.close();
});

test('the model and the tokens stand below an answer at once', async () => {
  const page = await context.newPage();
  await page.goto(`/chat/${shelf.conversation}`);
  await ask(page, 'What is the common room for?');
  await answered(page, 9);
  const live = answers(page)
    .last()
    .getByText(/ tokens$/);
  await expect(live).toBeVisible();
  const text = await live.innerText();
  await page.reload();
  await expect(
    answers(page)
      .last()
      .getByText(/ tokens$/)
  ).toHaveText(text);
  await page.close();
});

test('an answer is rated with a comment, and the rating is taken back', async () => {
  const page = await context.newPage();
  await page.goto(`/chat/${shelf.conversation}`);
  await answered(page, 9);
  const last = answers(page).last();
  const down = last.getByRole('button', { name: 'Not helpful' });
  await down.click();
  await expect(down).toHaveAttribute('aria-pressed', 'true');
  await last.getByLabel('What was wrong with the answer?').fill('It is on the second floor.');
  await last.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByText('Thank you. Your comment was saved.')).toBeVisible();
  await expect(down).toBeFocused();
  await page.reload();
  await expect(down).toHaveAttribute('aria-pressed', 'true');
  const up = last.getByRole('button', { name: 'Helpful answer' });
  await up.click();
  await expect(up).toHaveAttribute('aria-pressed', 'true');
  await expect(down).toHaveAttribute('aria-pressed', 'false');
  await up.click();
  await expect(up).toHaveAttribute('aria-pressed', 'false');
  await page.close();
});

test('what one tab asks, the other shows, and nothing is left out', async () => {
  const conversation = await post<{ id: string }>(context, '/api/v1/conversations', { assistant_id: shelf.assistant });
  const [one, two] = [await context.newPage(), await context.newPage()];
  await one.goto(`/chat/${conversation.id}`);
  await two.goto(`/chat/${conversation.id}`);
  await ask(one, 'When is the laundry room open?');
  await answered(one, 1);
  await answered(two, 1);
  await ask(two, 'And the guest flat?');
  await answered(two, 2);
  await answered(one, 2);
  const said = (page: Page) => page.locator('.question').allInnerTexts();
  expect(await said(one)).toEqual(await said(two));
  await one.reload();
  await answered(one, 2);
  expect(await said(one)).toEqual(await said(two));
  await Promise.all([one.close(), two.close()]);
});

test('what another device asked stands before what is asked here', async () => {
  const conversation = await post<{ id: string }>(context, '/api/v1/conversations', { assistant_id: shelf.assistant });
  const page = await context.newPage();
  await page.goto(`/chat/${conversation.id}`);
  await expect(page.getByLabel('Your question')).toBeVisible();
  await post(context, `/api/v1/conversations/${conversation.id}/messages`, { content: 'Asked elsewhere' });
  await ask(page, 'Asked here');
  await answered(page, 2);
  await expect(page.locator('.question')).toHaveText([/Asked elsewhere/, /Asked here/]);
  await page.close();
});

test('an answer and a question have versions, and one switches between them', async () => {
  const conversation = await post<{ id: string }>(context, '/api/v1/conversations', { assistant_id: shelf.assistant });
  const page = await context.newPage();
  await page.goto(`/chat/${conversation.id}`);
  await ask(page, demo.question);
  await answered(page, 1);
  await answers(page).last().getByRole('button', { name: 'Answer again' }).click();
  await answered(page, 1);
  await expect(answers(page).last().getByText('2 of 2')).toBeVisible();
  await page.locator('.question').last().hover();
  await page.getByRole('button', { name: 'Edit the question' }).click();
  await expect(page.getByLabel('Your edited question')).toBeFocused();
  await page.getByLabel('Your edited question').fill('And the guest flat?');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await answered(page, 1);
  await expect(page.locator('.question')).toHaveText([/And the guest flat\?/]);
  const versions = page.locator('.asked').getByRole('group', { name: 'Versions' });
  await versions.getByRole('button', { name: 'Previous version' }).click();
  await expect(page.locator('.question')).toContainText(demo.question);
  await expect(answers(page).last().getByText('2 of 2')).toBeVisible();
  await page.close();
});

test('a draft survives a reload, another page, and the end of the session', async () => {
  const page = await context.newPage();
  const draft = 'A long question that took a while to write';
  await page.goto('/chat/new');
  await page.getByLabel('Your question').fill(draft);
  await page.reload();
  await expect(page.getByLabel('Your question')).toHaveValue(draft);
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await page.getByRole('link', { name: 'New chat' }).first().click();
  await expect(page.getByLabel('Your question')).toHaveValue(draft);
  await context.clearCookies();
  await page.getByLabel('Your question').press('Enter');
  await expect(page).toHaveURL(/\/sign-in/);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password', { exact: true }).fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('Your question')).toHaveValue(draft);
  await page.getByLabel('Your question').fill('');
  await page.close();
});

test('an old answer is not blamed for what the assistant became', async () => {
  const page = await context.newPage();
  const bare = await post<{ id: string }>(context, '/api/v1/assistants', {
    space_id: shelf.space,
    name: 'No documents'
  });
  const conversation = await post<{ id: string }>(context, '/api/v1/conversations', { assistant_id: bare.id });
  await post(context, `/api/v1/conversations/${conversation.id}/messages`, { content: 'Hello' });
  const path = `/api/v1/assistants/${bare.id}`;
  await change(context, 'PATCH', path, { collection_ids: [shelf.collection] });
  await page.goto(`/chat/${conversation.id}`);
  await answered(page, 1);
  await expect(page.getByText('Nothing relevant was found in the documents.')).toHaveCount(0);
  await change(context, 'DELETE', path);
  await page.reload();
  await answered(page, 1);
  await expect(page.getByText('Nothing relevant was found in the documents.')).toHaveCount(0);
  await page.close();
});

test('a conversation is renamed and deleted from the sidebar, and found by its name', async () => {
  const page = await context.newPage();
  await page.goto('/');
  const title = `Sidebar ${Date.now().toString(36)}`;
  const first = page.locator('aside .line').first();
  await first.hover();
  await first.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByRole('dialog').getByLabel('Title').fill(title);
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  const link = page.getByRole('navigation').getByRole('link', { name: title });
  await expect(link).toBeVisible();
  await expect(link).toHaveAttribute('title', title);
  await link.hover();
  await page.getByRole('button', { name: `Actions for “${title}”` }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(link).toHaveCount(0);
  await page.close();
});
