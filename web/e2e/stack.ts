// The running stack that is tried: how to sign in, and a shelf of documents made through the API.
import { readFileSync } from 'node:fs';
import {
  test as base,
  expect,
  type APIRequestContext,
  type Browser,
  type BrowserContext,
  type Page
} from '@playwright/test';

export const admin = {
  email: process.env.TESSERA_ADMIN_EMAIL ?? 'admin@example.org',
  password: process.env.TESSERA_ADMIN_PASSWORD ?? 'correct horse battery'
};

export const shelf = {
  handbook: new URL('../../demo/handbook.pdf', import.meta.url).pathname,
  rooms: new URL('../../demo/common-rooms.md', import.meta.url).pathname,
  question: 'How long before a tenant moves in must I apply for permission to sublet my flat?',
  words: 'six weeks',
  page: 3
};

/** Leaves tests out where a stack of somebody's own lacks what they need. That of `./stack test` has everything, so there they fail. */
export function needs(present: unknown, otherwise: string): void {
  if (!present && process.env.TESSERA_LEAVE_NOTHING_OUT === 'true') throw new Error(otherwise);
  base.skip(!present, otherwise);
}

/** A page that fails the test on a script error, a refused resource or a broken Content-Security-Policy. */
export const test = base.extend({
  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text()))
        faults.push(message.text());
    });
    page.on('request', (request) => {
      const { origin } = new URL(request.url());
      if (origin !== 'null' && !page.url().startsWith('about:') && origin !== new URL(page.url()).origin) {
        faults.push(`request to another origin: ${request.url()}`);
      }
    });
    await use(page);
    expect(faults).toEqual([]);
  }
});

export interface Credentials {
  email: string;
  password: string;
}

export async function signIn(context: BrowserContext, { email, password }: Credentials = admin): Promise<void> {
  const response = await context.request.post('/api/v1/auth/login', { data: { email, password } });
  expect(response.status(), await response.text()).toBe(200);
}

/** Sends JSON with the CSRF token of the signed-in browser. */
export async function post<T>(context: BrowserContext, path: string, data: unknown): Promise<T> {
  const response = await context.request.post(path, { data, headers: await csrf(context) });
  expect(response.ok(), `${path}: ${await response.text()}`).toBe(true);
  return (await response.json()) as T;
}

export async function get<T>(request: APIRequestContext, path: string): Promise<T> {
  const response = await request.get(path);
  expect(response.ok(), `${path}: ${await response.text()}`).toBe(true);
  return (await response.json()) as T;
}

/** Changes something, or ends it. */
export async function change(
  context: BrowserContext,
  method: 'PATCH' | 'DELETE',
  path: string,
  data?: unknown
): Promise<void> {
  const response = await context.request.fetch(path, { method, data, headers: await csrf(context) });
  expect(response.ok(), `${path}: ${await response.text()}`).toBe(true);
}

interface Invited {
  user: { id: string; email: string };
  invitation: { url: string };
}

/** Invites somebody new; the link comes as path and fragment. */
export async function invite(
  context: BrowserContext,
  display_name: string,
  role: 'user' | 'manager' = 'user'
): Promise<{ id: string; email: string; link: string }> {
  const email = `${display_name.toLowerCase().replace(/\W+/g, '.')}.${Date.now().toString(36)}@example.org`;
  const { user, invitation } = await post<Invited>(context, '/api/v1/admin/users', { email, display_name, role });
  const url = new URL(invitation.url, 'http://server');
  return { id: user.id, email, link: url.pathname + url.hash };
}

/** Somebody who was invited and came in. */
export async function newcomer(
  browser: Browser,
  display_name: string,
  role: 'user' | 'manager' = 'user'
): Promise<Credentials & { id: string }> {
  const context = await browser.newContext();
  await signIn(context);
  const { id, email, link } = await invite(context, display_name, role);
  await context.clearCookies();
  const data = { token: link.split('#')[1], password: 'a password of their own', display_name };
  const response = await context.request.post('/api/v1/auth/invitation/accept', { data });
  expect(response.ok(), await response.text()).toBe(true);
  await context.close();
  return { id, email, password: data.password };
}

async function csrf(context: BrowserContext): Promise<Record<string, string>> {
  const cookie = (await context.cookies()).find(({ name }) => name === 'tessera_csrf');
  return { 'x-csrf-token': decodeURIComponent(cookie?.value ?? '') };
}

interface WithId {
  id: string;
}

export interface Shelf {
  space: string;
  collection: string;
  document: string;
  assistant: string;
  conversation: string;
}

/** A space with two ready documents, a failed one, an assistant and an answered question. */
export async function makeShelf(context: BrowserContext): Promise<Shelf> {
  const name = `Kvarnbacken ${Date.now().toString(36)}`;
  const description = 'Rules, minutes and plans of the housing cooperative.';
  const space = await post<WithId>(context, '/api/v1/spaces', { name, description });
  const collection = await post<WithId>(context, '/api/v1/collections', {
    space_id: space.id,
    name: 'Handbook and house rules',
    description: 'What members ask about most.'
  });
  const documents: WithId[] = [];
  for (const [filename, body] of [
    ['handbook.pdf', readFileSync(shelf.handbook)],
    ['common-rooms.md', readFileSync(shelf.rooms)],
    ['scanned-letter.pdf', picture]
  ] as const) {
    const path = `/api/v1/collections/${collection.id}/documents?filename=${filename}`;
    const headers = { ...(await csrf(context)), 'content-type': 'application/octet-stream' };
    const response = await context.request.post(path, { data: body, headers });
    expect(response.status(), await response.text()).toBe(202);
    documents.push(((await response.json()) as { document: WithId }).document);
  }
  const settled = async () =>
    Promise.all(
      documents.map(
        async ({ id }) => (await get<{ status: string }>(context.request, `/api/v1/documents/${id}`)).status
      )
    );
  await expect.poll(settled, { timeout: 60_000 }).toEqual(['ready', 'ready', 'failed']);
  const assistant = await post<WithId>(context, '/api/v1/assistants', {
    space_id: space.id,
    name: 'House rules',
    description: 'Answers members from the handbook.',
    collection_ids: [collection.id]
  });
  const conversation = await post<WithId>(context, '/api/v1/conversations', { assistant_id: assistant.id });
  await post(context, `/api/v1/conversations/${conversation.id}/messages`, { content: shelf.question });
  return {
    space: space.id,
    collection: collection.id,
    document: documents[0]?.id ?? '',
    assistant: assistant.id,
    conversation: conversation.id
  };
}

/** For a whole file of tests: each is signed in, and all share one shelf, which is there once they run. */
export function withShelf(): Shelf {
  const shelf: Shelf = { space: '', collection: '', document: '', assistant: '', conversation: '' };
  test.beforeAll(async ({ browser }) => {
    const context = await browser.newContext();
    await signIn(context);
    Object.assign(shelf, await makeShelf(context));
    await context.close();
  });
  test.beforeEach(({ context }) => signIn(context));
  return shelf;
}

/** The smallest PNG, for a file that lies about its type. */
export const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64'
);

/** Drops files on the page as a file manager would. */
export async function dropFiles(page: Page, files: { name: string; type: string; body: Buffer }[]): Promise<void> {
  const sent = files.map(({ name, type, body }) => ({ name, type, base64: body.toString('base64') }));
  const transfer = await page.evaluateHandle((all) => {
    const data = new DataTransfer();
    for (const { name, type, base64 } of all) {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      data.items.add(new File([bytes], name, { type }));
    }
    return data;
  }, sent);
  const target = page.locator('main');
  await target.dispatchEvent('dragenter', { dataTransfer: transfer });
  await expect(page.getByText(/^\s*Drop to upload to/)).toBeVisible();
  await target.dispatchEvent('drop', { dataTransfer: transfer });
}

export { expect };
