// How answers are drawn: code, tables, formulas, diagrams, pictures; and the palette's settings.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessibility';
import { expect, test, withShelf } from './stack';

const shelf = withShelf();
const ANSWER = [
  '```rust\npub fn add(a: u32) -> u32 { a + 1 }\n```',
  '| Name | Sum |\n|---|---|\n| One | =1+1 |',
  'So \\(a^2 + b^2 = c^2\\), for $5 or $10.',
  '$$\n\\overbrace{\\sqrt{x}}^{n}\n$$',
  '```mermaid\ngraph LR\n  A[Question] --> B[Answer]\n```',
  '```mermaid\ngraph LR\n  A[ --> ((\n```',
  '![The plan](https://pictures.example/plan.png)'
].join('\n\n');

/** Opens the conversation with another text as its last answer: no built-in model writes such a one. */
async function openAnswer(page: Page, content = ANSWER): Promise<void> {
  await page.route('**/api/v1/conversations/*/messages?*', async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { messages: { role: string; content: string }[] };
    const last = body.messages.find(({ role }) => role === 'assistant');
    if (last) last.content = content;
    await route.fulfill({ response, json: body });
  });
  await page.goto(`/chat/${shelf.conversation}`);
  await expect(page.locator('.answer')).toBeVisible();
}

test('code is coloured, formulas and diagrams are drawn, and prices stay prices', async ({ page }) => {
  await openAnswer(page);
  await expect(page.locator('.code-keyword').first()).toHaveText('pub');
  await expect(page.locator('.answer .katex')).toHaveCount(2);
  await expect(page.getByText('for $5 or $10.')).toBeVisible();
  const diagram = page.frameLocator('iframe[title="Diagram"]').first().locator('svg');
  await page.locator('.diagram').first().scrollIntoViewIfNeeded();
  await expect(diagram).toBeVisible();
  await expect(diagram).toContainText('Question');
  await expectAccessible(page);
});

test('a broken diagram shows its source, and a picture of another host only its name', async ({ page }) => {
  await openAnswer(page);
  await page.locator('.diagram').last().scrollIntoViewIfNeeded();
  await expect(page.getByText('The diagram could not be drawn.')).toBeVisible();
  await expect(page.locator('.diagram').last().locator('pre')).toContainText('A[ --> ((');
  await expect(page.getByRole('link', { name: 'The plan' })).toContainText('pictures.example');
  await expect(page.locator('.answer img')).toHaveCount(0);
});

test('a table is saved without formulas', async ({ page }) => {
  await openAnswer(page);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save table as CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('table.csv');
  expect(readFileSync(await file.path(), 'utf8')).toBe("\ufeffName,Sum\r\nOne,'=1+1\r\n");
});

test('lines of code wrap for all blocks, and the browser remembers it', async ({ page }) => {
  await openAnswer(page);
  await page.getByRole('button', { name: 'Wrap long lines' }).first().click();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Wrap long lines' }).first()).toHaveAttribute('aria-pressed', 'true');
});

test('a frame of diagrams has no origin, and no other site can hold it', async ({ page, request }) => {
  const response = await request.get('/frames/diagram.html');
  const policy = response.headers()['content-security-policy'] ?? '';
  expect(policy).toContain('sandbox allow-scripts;');
  expect(policy).toContain("frame-ancestors 'self'");
  await openAnswer(page);
  await page.locator('.diagram').first().scrollIntoViewIfNeeded();
  const frame = await page.locator('iframe[title="Diagram"]').first().elementHandle();
  const inside = await frame?.contentFrame();
  const reached = await inside?.evaluate(() => {
    try {
      return `${document.cookie}${localStorage.length}`;
    } catch (thrown) {
      return (thrown as Error).name;
    }
  });
  expect(reached).toBe('SecurityError');
});

test('a hostile text holds nothing up', async ({ page }) => {
  await openAnswer(page, '['.repeat(1_000_000));
  await page.getByLabel('Your question').fill('Still here');
  await expect(page.getByLabel('Your question')).toHaveValue('Still here');
});

test('the palette changes the appearance', async ({ page }) => {
  await page.goto('/search');
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Go to …' }).fill('appearance dark');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});
