// Answers while a model writes them: in view, stopped, read again in the middle, after a failure.
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { assistantWith, CUT, LanguageModel, storedAnswers, WAIT, type Step } from './language-model';
import { expect, makeShelf, post, shelf as demo, signIn, test, type Shelf } from './stack';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const model = new LanguageModel();
let context: BrowserContext;
let page: Page;
let provider: string | undefined;
let shelf: Shelf;
/** Answers without documents; the other one reads the shelf. */
let writer: string;
let reader: string;
/** Its model fails, which must not close the other's to everybody. */
let unlucky: string;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await signIn(context);
  const served = await model.serve(context, `steady-${stamp}`, `unlucky-${stamp}`);
  provider = served.provider;
  const [steady = '', failing = ''] = served.models;
  shelf = await makeShelf(context);
  writer = await assistantWith(context, shelf, steady, false);
  reader = await assistantWith(context, shelf, steady);
  unlucky = await assistantWith(context, shelf, failing, false);
  page = await context.newPage();
});

test.afterAll(async () => {
  await model.end(context, provider);
  await context?.close();
});

const answer = () => page.locator('[data-status]').last();
const stop = () => page.getByRole('button', { name: 'Stop', exact: true });

/** Opens a new conversation with an assistant; its id. */
async function talkTo(assistant: string): Promise<string> {
  const { id } = await post<{ id: string }>(context, '/api/v1/conversations', { assistant_id: assistant });
  await page.goto(`/chat/${id}`);
  await expect(page.getByLabel('Your question')).toBeVisible();
  return id;
}

async function ask(question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question);
  await page.keyboard.press('Enter');
}

async function expectStatus(status: string): Promise<void> {
  await expect(answer()).toHaveAttribute('data-status', status, { timeout: 30_000 });
}

/** How many pixels of the conversation are below the window of it. */
const below = () => page.locator('.messages').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

/** Notes on the page whether the way to the end is ever offered: then the view has lost the answer. */
async function watchForLosing(): Promise<() => Promise<boolean>> {
  await page.evaluate(() => {
    const seen = window as unknown as { lost: boolean };
    seen.lost = false;
    new MutationObserver(() => (seen.lost ||= document.querySelector('.jump') !== null)).observe(document.body, {
      childList: true,
      subtree: true
    });
  });
  return () => page.evaluate(() => (window as unknown as { lost: boolean }).lost);
}

async function expectInView(what: Locator): Promise<void> {
  await expect(what).toBeInViewport();
  await expect.poll(below).toBeLessThan(4);
}

const table: Step[] = ['| Zone | Fee |\n', '|---|---|\n'];
for (let zone = 1; zone <= 40; zone += 1) table.push(`| Zone ${zone} | ${zone * 10} kronor |\n`);
const code: Step[] = ['\n```python\n'];
for (let line = 1; line <= 60; line += 1) code.push(`total = total + fees[${line}]\n`);
code.push('```\n\n');
const slow: Step[] = 'Each zone pays its own fee, and that is all of it.'.split(/(?= )/);

test('an answer with a table, code and slow text stays in view while it is written', async () => {
  await talkTo(reader);
  const question = `${demo.question} With everything.`;
  const reply = model.answers(
    question,
    WAIT,
    ...table,
    'After the table.\n',
    WAIT,
    ...code,
    'After the code.\n\n',
    WAIT,
    ...slow,
    ' The end [1].'
  );
  await ask(question);
  const lost = await watchForLosing();
  await expectInView(page.locator('.question').last());
  reply.goOn();
  await expectInView(answer().getByText('After the table.'));
  reply.goOn();
  await expectInView(answer().getByText('After the code.'));
  reply.goOn();
  await expectStatus('done');
  // The cards of the sources come below it.
  await expectInView(answer().locator('.source').last());
  expect(await lost(), 'the way to the end was offered').toBe(false);
});

test('a reader who scrolls up while an answer is written stays there', async () => {
  await talkTo(writer);
  const question = 'Write it while I read the beginning.';
  const reply = model.answers(question, ...table, 'First half.\n\n', WAIT, ...code, 'Second half.');
  await ask(question);
  await expectInView(answer().getByText('First half.'));
  await page.locator('.messages').hover();
  await page.mouse.wheel(0, -600);
  const end = page.getByRole('button', { name: 'Go to the end' });
  await expect(end).toBeVisible();
  const row = answer().getByText('Zone 20', { exact: true });
  await row.scrollIntoViewIfNeeded();
  const top = () => row.evaluate((cell) => Math.round(cell.getBoundingClientRect().top));
  const before = await top();
  reply.goOn();
  await expectStatus('done');
  expect(await top()).toBe(before);
  await end.click();
  await expectInView(answer().getByText('Second half.'));
});

test('Stop ends an answer midway, keeps the text so far, and reaches the model', async () => {
  const id = await talkTo(writer);
  const question = 'Tell me something long.';
  const more = Array.from({ length: 500 }, () => ' and on');
  const reply = model.answers(question, 'It began ', 'well, ', 'and then', WAIT, ...more);
  await ask(question);
  await expect(answer()).toContainText('It began well, and then');
  await expectStatus('streaming');
  await stop().click();
  await expectStatus('stopped');
  await expect(page.getByText('The answer was stopped. This is the text so far.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Send' })).toBeVisible();
  reply.goOn();
  await expect.poll(() => reply.left, 'the model writes on').toBe(true);
  await page.reload();
  await expectStatus('stopped');
  await expect(answer().locator('.text')).toHaveText('It began well, and then');
  expect(await storedAnswers(context, id)).toMatchObject([{ status: 'stopped', content: 'It began well, and then' }]);
});

test('a stopped answer is asked again, and its question stands once', async () => {
  model.answers('Tell me something long.', 'A short one this time.');
  await answer().getByRole('button', { name: 'Answer again' }).click();
  await page.getByRole('menuitem', { name: 'Answer again' }).click();
  await expectStatus('done');
  await expect(answer()).toContainText('A short one this time.');
  await expect(answer().getByText('2 of 2')).toBeVisible();
  await expect(page.locator('.question')).toHaveCount(1);
  await expect(page.locator('[data-status]')).toHaveCount(1);
});

test('a reload in the middle shows the text so far and goes on to the end', async () => {
  await talkTo(writer);
  const question = 'Count while I reload.';
  const reply = model.answers(question, 'One, ', 'two, ', WAIT, 'three, ', 'four.');
  await ask(question);
  await expect(answer()).toContainText('One, two,');
  await page.reload();
  await expect(answer()).toContainText('One, two,');
  await expectStatus('streaming');
  reply.goOn();
  await expectStatus('done');
  await expect(answer().locator('.text')).toHaveText('One, two, three, four.');
  expect(reply.requests, 'the model is asked once').toBe(1);
});

test('while the model thinks, the page does not say that documents are read', async () => {
  await talkTo(reader);
  const question = `${demo.question} Think first.`;
  const reply = model.answers(question, WAIT, { thought: 'Which page was it?' }, WAIT, 'Six weeks [1].');
  await ask(question);
  await expect(answer()).toContainText('Working on the answer');
  await expect(answer()).not.toContainText('Reading the documents');
  await expect(page.getByRole('status').filter({ hasText: 'Working on the answer' })).toHaveCount(1);
  reply.goOn();
  await expect(answer()).toContainText(/Thinking… \d+ s/);
  await answer().locator('summary').click();
  await expect(answer()).toContainText('Which page was it?');
  reply.goOn();
  await expectStatus('done');
  await expect(answer()).toContainText(/Thought for \d+ s/);
  await expect(answer().locator('a.chip')).toHaveCount(1);
});

test('after a failure of the model one asks again, once', async () => {
  await talkTo(unlucky);
  const question = 'Are you there?';
  model.answers(question, { refuses: 500 });
  await ask(question);
  await expectStatus('failed');
  const alert = answer().getByRole('alert');
  await expect(alert).toBeVisible();
  model.answers(question, 'Yes, now I am.');
  await alert.getByRole('button', { name: 'Ask again' }).click();
  await expectStatus('done');
  await expect(answer()).toContainText('Yes, now I am.');
  await expect(alert).toHaveCount(0);
  await expect(page.locator('.question')).toHaveCount(1);
  await page.reload();
  await expect(page.locator('.question')).toHaveCount(1);
  await expect(answer()).toContainText('Yes, now I am.');
});

test('an answer whose connection breaks keeps its text and is continued', async () => {
  await talkTo(unlucky);
  const question = 'Say two sentences.';
  model.answers(question, 'This is the first.', CUT);
  await ask(question);
  await expectStatus('failed');
  await expect(answer()).toContainText('This is the first.');
  await expect(answer().getByRole('alert')).toContainText('The answer broke off before it was complete.');
  model.answers(question, ' This is the second.');
  await answer().getByRole('button', { name: 'Continue' }).click();
  await expectStatus('done');
  await expect(answer().locator('.text')).toHaveText('This is the first. This is the second.');
  await expect(answer().getByRole('alert')).toHaveCount(0);
  await expect(page.locator('.question')).toHaveCount(1);
});
