import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Document, DocumentStatus } from '$lib/api/types';
import type { Attachments } from './attachments.svelte';

let sent: string[];
let number: number;
let attachments: Attachments;

const file = (name: string, size = 1) => ({ name, size }) as File;

/** The server takes a file as soon as it is sent, unless it is called `broken`. */
class Request {
  upload = {};
  status = 202;
  responseText = '';
  onload = (): void => undefined;
  onerror = (): void => undefined;
  #path = '';
  open(_: string, path: string): void {
    this.#path = path;
  }
  setRequestHeader(): void {}
  abort(): void {}
  send({ name }: File): void {
    sent.push(this.#path);
    if (name === 'broken') this.status = 409;
    this.responseText = name === 'broken' ? '{"error":"conflict","status":409}' : reply(name);
    queueMicrotask(() => this.onload());
  }
}

const reply = (name: string) => JSON.stringify({ document: { ...made(name), id: `d${++number}` }, job: {} });
const made = (filename: string, status: DocumentStatus = 'processing') =>
  ({
    collection_id: 'hidden',
    filename,
    media_type: 'text/plain',
    status,
    created_at: '',
    warnings: []
  }) as unknown as Document;

beforeEach(async () => {
  [sent, number] = [[], 0];
  vi.stubGlobal('XMLHttpRequest', Request);
  vi.stubGlobal('location', { origin: 'http://tessera.test' });
  vi.stubGlobal('document', { cookie: '', visibilityState: 'hidden', addEventListener() {}, removeEventListener() {} });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 204 })));
  vi.resetModules();
  const { Attachments } = await import('./attachments.svelte');
  attachments = new Attachments(() => Promise.resolve('talk'));
});

afterEach(() => {
  attachments.close();
  vi.unstubAllGlobals();
});

const becomes = (index: number, status: DocumentStatus): void => {
  const document = attachments.received[index];
  if (document) document.status = status;
};

it('names the files that are ready, once', async () => {
  await attachments.add([file('a.md'), file('b.md')]);
  await vi.waitFor(() => expect(attachments.received.length).toBe(2));
  expect(sent[0]).toBe('/api/v1/conversations/talk/attachments?filename=a.md');
  expect(attachments.underway).toBe(2);
  becomes(0, 'ready');
  becomes(1, 'ready');
  expect([attachments.underway, attachments.failed]).toEqual([0, 0]);
  expect(attachments.take().map(({ name }) => name)).toEqual(['a.md', 'b.md']);
  expect([attachments.count, attachments.take()]).toEqual([0, []]);
});

it('counts what cannot be asked about until it is removed', async () => {
  await attachments.add([file('broken'), file('empty', 0), file('bad.pdf')]);
  await vi.waitFor(() => expect(attachments.received.length).toBe(1));
  becomes(0, 'failed');
  expect([attachments.underway, attachments.failed]).toEqual([0, 3]);
  for (const upload of attachments.sending) attachments.cancel(upload);
  await attachments.remove(attachments.received[0]!);
  expect([attachments.count, attachments.failed]).toEqual([0, 0]);
});

it('takes twenty files at most', async () => {
  await attachments.add(Array.from({ length: 21 }, (_, at) => file(`${at}.md`)));
  expect([attachments.count, attachments.tooMany]).toEqual([20, true]);
});
