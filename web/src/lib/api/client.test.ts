import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiProblem } from './problem';

let server: Server;
let session: 'valid' | 'stale' | 'ended';
let refreshStatus: number;
let seen: { route: string; csrf: string | undefined }[];

beforeEach(async () => {
  seen = [];
  session = 'valid';
  refreshStatus = 200;
  server = createServer((request, response) => {
    const route = `${request.method} ${new URL(request.url ?? '', 'http://x').pathname}`;
    seen.push({ route, csrf: request.headers['x-csrf-token'] as string | undefined });
    const send = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'r-1' })
        .end(JSON.stringify(body));
    if (route === 'POST /api/v1/auth/refresh') {
      if (refreshStatus === 200) session = 'valid';
      // Late enough that calls which began together meet here.
      setTimeout(() => send(refreshStatus, {}), 30);
    } else if (session === 'valid') send(200, { id: '1', display_name: 'Anna' });
    else send(401, { status: 401, error: 'not_signed_in', title: '', detail: '', type: '', request_id: 'r-1' });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  vi.stubGlobal('location', { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  vi.stubGlobal('document', { cookie: 'other=1; tessera_csrf=a%2Fb' });
  vi.stubGlobal('navigator', {});
  vi.resetModules();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const client = () => import('./client');
const routes = () => seen.map(({ route }) => route);

describe('a call', () => {
  it('carries the CSRF token only where it changes something', async () => {
    const { api, answer } = await client();
    await answer(api.GET('/api/v1/me'));
    await answer(api.POST('/api/v1/spaces', { body: { name: 'x', kind: 'shared' } }));
    expect(seen.map(({ csrf }) => csrf)).toEqual([undefined, 'a/b']);
  });

  it('renews a stale session once and is sent again', async () => {
    const { api, answer } = await client();
    session = 'stale';
    expect(await answer(api.GET('/api/v1/me'))).toMatchObject({ display_name: 'Anna' });
    expect(routes()).toEqual(['GET /api/v1/me', 'POST /api/v1/auth/refresh', 'GET /api/v1/me']);
  });

  it('shares one renewal with the calls beside it', async () => {
    const { api, answer } = await client();
    session = 'stale';
    await Promise.all([1, 2, 3].map(() => answer(api.GET('/api/v1/me'))));
    expect(routes().filter((route) => route.endsWith('/refresh'))).toHaveLength(1);
  });

  it('sends its body again after the renewal', async () => {
    const { api, answer } = await client();
    session = 'stale';
    await answer(api.POST('/api/v1/spaces', { body: { name: 'x', kind: 'shared' } }));
    expect(routes()).toEqual(['POST /api/v1/spaces', 'POST /api/v1/auth/refresh', 'POST /api/v1/spaces']);
  });

  it('reports the end of a session that cannot be renewed', async () => {
    const { api, answer, onSignedOut } = await client();
    const signedOut = vi.fn();
    onSignedOut(signedOut);
    session = 'ended';
    refreshStatus = 401;
    await expect(answer(api.GET('/api/v1/me'))).rejects.toMatchObject({ status: 401, code: 'not_signed_in' });
    expect(signedOut).toHaveBeenCalledOnce();
  });

  it('waits for a renewal that a former page began', async () => {
    const { api, answer } = await client();
    session = 'stale';
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => (key === 'tessera.refreshing' ? `${Date.now()} a/b` : null),
      setItem: () => undefined,
      removeItem: () => undefined
    });
    setTimeout(() => {
      session = 'valid';
      vi.stubGlobal('document', { cookie: 'tessera_csrf=new' });
    }, 150);
    expect(await answer(api.GET('/api/v1/me'))).toMatchObject({ display_name: 'Anna' });
    expect(routes()).toEqual(['GET /api/v1/me', 'GET /api/v1/me']);
  });

  it('does not sign out because the server is down', async () => {
    const { api, answer, onSignedOut } = await client();
    const signedOut = vi.fn();
    onSignedOut(signedOut);
    session = 'stale';
    refreshStatus = 503;
    await expect(answer(api.GET('/api/v1/me'))).rejects.toMatchObject({ code: 'network' });
    expect(signedOut).not.toHaveBeenCalled();
  });

  it('does not renew because a password was wrong', async () => {
    const { api, answer } = await client();
    session = 'ended';
    const call = answer(api.POST('/api/v1/auth/login', { body: { email: 'a@b', password: 'x' } }));
    await expect(call).rejects.toMatchObject({ status: 401 });
    expect(routes()).toEqual(['POST /api/v1/auth/login']);
  });

  it('tells a server that is away from one that refuses', async () => {
    const { api, answer } = await client();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    const problem = (await answer(api.GET('/api/v1/me')).catch((thrown: unknown) => thrown)) as ApiProblem;
    expect(problem.code).toBe('network');
  });
});
