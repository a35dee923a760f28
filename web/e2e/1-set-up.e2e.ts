import { admin, expect, needs, test } from './stack';
import { expectAccessible } from './accessibility';

const link = process.env.TESSERA_SETUP_URL;

test.describe('first run', () => {
  needs(link, 'TESSERA_SETUP_URL is not given: somebody has set this stack up');

  test('an incomplete link says so', async ({ page }) => {
    await page.goto('/setup');
    await expect(page.getByText('The link is incomplete')).toBeVisible();
  });

  test('the printed link makes organisation and administrator, and signs in', async ({ page }) => {
    await page.goto(new URL(link ?? '').pathname + new URL(link ?? '').hash);
    await page.getByRole('button', { name: 'Set up and sign in' }).click();
    await expect(page.getByText('This field is required.').first()).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: 'test-results/set-up.png' });
    await page.getByLabel('Organisation').fill('Kvarnbacken');
    await page.getByLabel('Your name').fill('Anna Lind');
    await page.getByLabel('Your e-mail').fill(admin.email);
    // Long enough, and what everybody tries first: the server says so, and the link still works.
    await page.getByLabel('Choose a password').fill('Password1234!');
    await page.getByRole('button', { name: 'Set up and sign in' }).click();
    await expect(page.getByText('This is one of the most common passwords.')).toBeVisible();
    await page.getByLabel('Choose a password').fill(admin.password);
    await page.getByRole('button', { name: 'Set up and sign in' }).click();
    await expect(page.getByRole('heading', { name: /Anna/ })).toBeVisible();
    await expect(page.getByText('Tessera answers from your own documents')).toBeVisible();
    await page.screenshot({ path: 'test-results/first-steps.png' });
  });

  test('the link works once', async ({ page }) => {
    await page.goto(new URL(link ?? '').pathname + new URL(link ?? '').hash);
    await expect(page.getByText('Set-up is already done')).toBeVisible();
  });
});
