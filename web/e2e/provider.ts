// A certified OpenID provider in a process of its own, on a loopback port of its choice.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Page } from '@playwright/test';
import { expect } from './stack';

/** Whether the stack that is tried reaches one there; only that of `./stack test` does. */
export const reachable = process.env.TESSERA_LOOPBACK_PROVIDERS === 'true';

/** As the provider knows its client; see server.mjs. */
export const client = { id: 'tessera', secret: 'a-secret-of-the-tests-7Q4x' };

export interface Claims {
  email: string;
  email_verified: boolean;
  name: string;
  groups: string[];
}

export interface Provider {
  issuer: string;
  end(): void;
}

/** Starts one that knows these people by the names they sign in with; `tessera` is the address of the stack, `tenant` the id of its organisation. */
export async function startProvider(
  tessera: string,
  tenant: string,
  people: Record<string, Claims>
): Promise<Provider> {
  const addresses = [`/api/v1/auth/oidc/callback/${tenant}`, '/sign-in', '/api/v1/auth/oidc/backchannel-logout'];
  const given = [...addresses.map((path) => new URL(path, tessera).href), JSON.stringify(people)];
  const cwd = new URL('../../tests/oidc-provider', import.meta.url);
  const process = spawn('node', ['server.mjs', ...given], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  // Its first line; or its end, where its packages are not installed.
  const [line] = (await Promise.race([
    once(createInterface(process.stdout), 'line'),
    once(process, 'exit').then(() => [''])
  ])) as [string];
  expect(line, 'oidc-provider did not start: run `npm ci` in tests/oidc-provider').toMatch(/^http:/);
  return { issuer: line, end: () => process.kill() };
}

/** Says at the provider who one is, and agrees to everything. */
export async function comeInAs(page: Page, name: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}
