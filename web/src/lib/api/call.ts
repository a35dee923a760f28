// Calls to operations that the contract does not have yet.
import { idempotencyKey, sessionFetch } from './client';
import { origin } from './origin';
import { problemOfResponse } from './problem';

type Query = Record<string, string | number | undefined>;

export async function call<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  { body, query = {}, once = false }: { body?: unknown; query?: Query; once?: boolean } = {}
): Promise<T> {
  const asked = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, `${value}`]]))
  );
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(once ? { 'Idempotency-Key': idempotencyKey() } : {})
  };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await sessionFetch(new Request(`${origin()}${path}${asked.size ? `?${asked}` : ''}`, init));
  if (!response.ok) throw await problemOfResponse(response);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
