import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createHttpsFetch } from './https-fetch.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (signal = AbortSignal.timeout(5_000)) => ({ method: 'GET', headers: { 'x-vault-token': 't' }, signal });

test('sends method, headers and body, and keeps the connection for the next call', async () => {
  const connections = new Set<unknown>();
  const url = await listen((request, response) => {
    connections.add(request.socket);
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => response.end(`${request.method} ${String(request.headers['x-vault-token'])} ${body}`));
  });
  const fetch = createHttpsFetch();
  const first = await fetch(url, { ...get(), method: 'PATCH', body: '{"ü":1}' });
  expect([first.status, await first.text()]).toEqual([200, 'PATCH t {"ü":1}']);
  await (await fetch(url, get())).text();
  expect(connections.size).toBe(1);
});

test('follows no redirect: the token goes to the configured address only', async () => {
  const paths: unknown[] = [];
  const url = await listen((request, response) => {
    paths.push(request.url);
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  expect((await createHttpsFetch()(url, get())).status).toBe(307);
  expect(paths).toEqual(['/']);
});

test('an answer that stops half-way, never ends, or is far too long is no answer', async () => {
  const url = await listen((request, response) => {
    response.writeHead(200, { 'content-length': String(3 * 1024 * 1024) });
    response.write('{"half":');
    if (request.url === '/cut') setTimeout(() => response.destroy(), 10);
    if (request.url === '/long') response.end('x'.repeat(3 * 1024 * 1024 - 8));
  });
  const fetch = createHttpsFetch();
  await expect(fetch(`${url}/cut`, get())).rejects.toThrow();
  await expect(fetch(`${url}/hang`, get(AbortSignal.timeout(50)))).rejects.toThrow();
  await expect(fetch(`${url}/long`, get())).rejects.toThrow('too long');
});
