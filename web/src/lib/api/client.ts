// The typed client. Every request carries the cookies, changing ones the CSRF token, and a 401 renews the session once.
import createClient from 'openapi-fetch';
import { csrfToken } from './csrf';
import { origin } from './origin';
import { networkProblem, problemOf, problemOfResponse } from './problem';
import type { paths } from './schema';
import { refreshSession } from './session-refresh';

let signedOut: () => void = () => undefined;

/** Called when the session has ended and cannot be renewed. */
export function onSignedOut(callback: () => void): void {
  signedOut = callback;
}

const SAFE_METHODS = new Set(['GET', 'HEAD']);
// A 401 of these says what it says; there is no session to renew.
const WITHOUT_SESSION = [
  '/api/v1/auth/login',
  '/api/v1/auth/setup',
  '/api/v1/auth/refresh',
  '/api/v1/auth/invitation',
  '/api/v1/auth/invitation/accept',
  '/api/v1/auth/providers',
  '/api/v1/auth/password/forgotten',
  '/api/v1/auth/password/reset'
];

/** `fetch` with CSRF token and one renewal of the session. Rejects with a network problem when nothing answers. */
export async function sessionFetch(request: Request): Promise<Response> {
  const requestedAt = Date.now();
  const path = new URL(request.url).pathname;
  const spare = request.clone();
  const first = await send(request);
  if (first.status !== 401 || WITHOUT_SESSION.includes(path)) return first;
  const refreshed = await refreshSession(requestedAt);
  if (refreshed === 'renewed') return send(spare);
  if (refreshed === 'unreachable') throw networkProblem();
  signedOut();
  return first;
}

async function send(request: Request): Promise<Response> {
  if (!SAFE_METHODS.has(request.method)) request.headers.set('x-csrf-token', csrfToken());
  try {
    return await fetch(request);
  } catch (thrown) {
    if (request.signal.aborted) throw thrown;
    throw networkProblem();
  }
}

export const api = createClient<paths>({ baseUrl: origin(), fetch: sessionFetch });

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a call, or its problem thrown. */
export async function answer<T>(call: Promise<Outcome<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined || data === null) {
    throw problemOf(error, response.status, response.headers.get('x-request-id') ?? '');
  }
  return data;
}

/** A call that answers with no body. The statuses in `fine` are as good as success. */
export async function done(call: Promise<Outcome<unknown>>, fine: readonly number[] = []): Promise<void> {
  const { error, response } = await call;
  if (response.ok || fine.includes(response.status)) return;
  throw problemOf(error, response.status, response.headers.get('x-request-id') ?? '');
}

/** Opens a stream of events; the caller reads the body. */
export async function openEventStream(path: string, init: RequestInit): Promise<ReadableStream<Uint8Array>> {
  const headers = new Headers(init.headers);
  headers.set('accept', 'text/event-stream');
  const response = await sessionFetch(new Request(origin() + path, { ...init, headers }));
  if (!response.ok || !response.body) throw await problemOfResponse(response);
  return response.body;
}

/** A key that makes repeating a POST harmless. `randomUUID` needs a secure context, this does not. */
export function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export type Lister<T> = (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>;

/** All items of a cursor-paged list. `each` is called with every page as it comes. */
export async function listAll<T>(list: Lister<T>, each?: (items: T[]) => void): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    items.push(...page.items);
    each?.(page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return items;
}
