// Usage is counted and shown, a quota is created and removed, and one that is used up says so in the chat.
import { change, expect, get, newcomer, post, shelf as documents, signIn, test, withShelf } from './stack';
import { expectAccessible, expectNoSidewaysScroll } from './accessibility';

const shelf = withShelf();

interface OwnUsage {
  month: { requests: number };
}

interface Quotas {
  quotas: { id: string; subject: string; measure: string; period: string }[];
}

test('a question is counted, in the own usage and in that of the organisation', async ({ page, context }) => {
  const requests = async () => (await get<OwnUsage>(context.request, '/api/v1/me/usage')).month.requests;
  const before = await requests();
  await post(context, `/api/v1/conversations/${shelf.conversation}/messages`, { content: documents.question });
  await expect.poll(requests).toBeGreaterThan(before);

  await page.goto('/settings/usage');
  const month = page.getByRole('group', { name: 'This month' });
  await expect(month).toContainText('Questions');
  await expect(month).toContainText(/[1-9][\d,]* in, [\d,]+ out/);
  await expectAccessible(page);

  await page.goto('/admin/usage?by=assistant');
  const table = page.getByRole('region', { name: 'Usage by group: Assistant' });
  await expect(table.getByRole('rowheader', { name: 'House rules' }).first()).toBeVisible();
  await page.getByLabel('The chart shows').selectOption('cost');
  await expect(page.getByRole('img', { name: /^Cost by day/ })).toBeVisible();
  await page.getByLabel('The chart shows').selectOption('requests');
  await expect(page.getByRole('img', { name: /^Questions by day.*Highest: [1-9]/ })).toBeVisible();
  const header = table.getByRole('columnheader', { name: 'Questions' });
  await header.getByRole('button').click();
  await expect(header).toHaveAttribute('aria-sort', 'descending');
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/usage.png' });

  await page.getByLabel('Period', { exact: true }).selectOption('week');
  await expect(page).toHaveURL(/period=week&by=assistant/);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download as CSV' }).click()
  ]);
  expect(file.suggestedFilename()).toMatch(/^usage-assistant-.*\.csv$/);
});

test('an administrator creates a quota, changes it, and removes it', async ({ page, context }) => {
  const left = (await get<Quotas>(context.request, '/api/v1/quotas?limit=100')).quotas.filter(
    ({ subject, measure, period }) => subject === 'each_user' && measure === 'requests' && period === 'month'
  );
  for (const { id } of left) await change(context, 'DELETE', `/api/v1/quotas/${id}`);

  await page.goto('/admin/quotas');
  await page.getByRole('button', { name: 'New quota' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create quota' }).click();
  await expect(dialog.getByText('Enter an amount in US dollars')).toBeVisible();
  await dialog.getByLabel('What is counted').selectOption('requests');
  await dialog.getByLabel('Period', { exact: true }).selectOption('month');
  await dialog.getByLabel('Limit', { exact: true }).fill('1000000');
  await expect(dialog.getByRole('status')).toHaveText('At most 1,000,000 questions a month for each person');
  await expectAccessible(page);
  await page.screenshot({ path: 'test-results/quota-dialog.png' });
  await dialog.getByRole('button', { name: 'Create quota' }).click();
  await expect(dialog).toHaveCount(0);

  await page.getByRole('button', { name: /^Change: At most 1,000,000 questions/ }).click();
  await dialog.getByLabel('Limit', { exact: true }).fill('2000000');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const words = 'At most 2,000,000 questions a month for each person';
  await expect(page.getByText(words)).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await page.goto('/settings/usage');
  await expect(page.getByText('At most 2,000,000 questions a month for you')).toBeVisible();

  await page.goto('/admin/quotas');
  await page.getByRole('button', { name: `Delete: ${words}` }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText(words)).toHaveCount(0);
});

test('the chat names the quota that refused a question, and when it begins again', async ({
  page,
  context,
  browser
}) => {
  const person = await newcomer(browser, 'Kajsa Kvot');
  await post(context, `/api/v1/spaces/${shelf.space}/members`, { user_id: person.id, role: 'editor' });
  const body = { subject: 'user', subject_id: person.id, measure: 'requests', period: 'day', limit: '0' };
  const quota = await post<{ id: string }>(context, '/api/v1/quotas', body);
  await context.clearCookies();
  await signIn(context, person);
  await page.goto(`/chat/new?assistant=${shelf.assistant}`);
  await page.getByLabel('Your question').fill(documents.question);
  await page.keyboard.press('Enter');
  const answer = page.locator('[data-status=failed]');
  await expect(answer).toContainText('Your quota of 0 questions a day is used up.', { timeout: 30_000 });
  await expect(answer).toContainText('You can ask again from');
  await page.screenshot({ path: 'test-results/quota-reached.png' });
  // The same after a reload: what the answer failed of is stored.
  await page.reload();
  await expect(answer).toContainText('You can ask again from');

  await context.clearCookies();
  await signIn(context);
  await change(context, 'DELETE', `/api/v1/quotas/${quota.id}`);
});
