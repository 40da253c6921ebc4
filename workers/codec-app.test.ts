import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPayloadCodec } from '../infra/runtime/codec.ts';
import { parseKeyRing } from '../infra/runtime/codec-keys.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { createCodecApp } from './codec-app.ts';

const ORIGIN = 'https://temporal.example.com';
const ROLES: Readonly<Record<string, string>> = { 'Bearer admin': 'administrator', 'Bearer owner': 'owner' };

const codec = createPayloadCodec(parseKeyRing(`k1:${randomBytes(32).toString('base64')}`));
const lost = createPayloadCodec(parseKeyRing(`gone:${randomBytes(32).toString('base64')}`));
const log: string[] = [];
const logger = createLogger({ program: 'test', level: 'debug', destination: { write: (line) => void log.push(line) } });

let api: Server;
let app: Server;
let url: string;

/** Stands for the API's `GET /api/v1/me`. */
const answerMe = createServer((request, response) => {
  const authorization = request.headers.authorization ?? '';
  if (authorization === 'Bearer down') return void response.writeHead(500).end();
  const role = ROLES[authorization];
  if (request.url !== '/api/v1/me' || !role) return void response.writeHead(401).end();
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ name: 'somebody', role }));
});

const listening = async (server: Server): Promise<string> => {
  if (!server.listening) await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

beforeAll(async () => {
  api = answerMe;
  const apiUrl = await listening(api);
  app = createServer(createCodecApp({ codec, apiUrl, allowedOrigin: ORIGIN, logger }));
  url = await listening(app);
});
afterAll(() => {
  for (const server of [app, api]) {
    server.close();
    server.closeAllConnections();
  }
});

const toJson = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

async function sealed(value: unknown, by = codec) {
  return toJson((await by.encode([defaultPayloadConverter.toPayload(value)]))[0]!);
}

const decode = (body: unknown, headers: Record<string, string> = { authorization: 'Bearer admin' }) =>
  fetch(`${url}/decode`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: ORIGIN, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('an administrator reads what is encrypted, with its metadata', async () => {
  const response = await decode({ payloads: [await sealed({ name: 'svc-payroll' })] });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({
    payloads: [toJson(defaultPayloadConverter.toPayload({ name: 'svc-payroll' }))],
  });
});

test('payloads in clear, or of a key that is gone, come back as they are beside the others', async () => {
  const clear = toJson(defaultPayloadConverter.toPayload('clear'));
  const unreadable = await sealed('x', lost);
  const response = await decode({ payloads: [clear, unreadable, await sealed('read')] });
  const read = toJson(defaultPayloadConverter.toPayload('read'));
  expect(await response.json()).toEqual({ payloads: [clear, unreadable, read] });
});

test.each([
  ['no token', {}, 401],
  ['an unknown token', { authorization: 'Bearer nobody' }, 401],
  ['another role', { authorization: 'Bearer owner' }, 403],
  ['an API that fails', { authorization: 'Bearer down' }, 503],
])('%s: nothing is decoded', async (_case, headers, status) => {
  const response = await decode({ payloads: [await sealed('canary')] }, headers);
  expect(response.status).toBe(status);
  expect(await response.text()).not.toContain('canary');
});

test('an API that is away is 503', async () => {
  const closed = createServer();
  const apiUrl = await listening(closed);
  await new Promise((resolve) => closed.close(resolve));
  const server = createServer(createCodecApp({ codec, apiUrl, allowedOrigin: ORIGIN, logger }));
  const response = await fetch(`${await listening(server)}/decode`, {
    method: 'POST',
    headers: { authorization: 'x' },
  });
  server.close();
  expect(response.status).toBe(503);
});

test('only the page of the Temporal UI may ask from a browser', async () => {
  const preflight = (origin: string) => fetch(`${url}/decode`, { method: 'OPTIONS', headers: { origin } });
  const allowed = await preflight(ORIGIN);
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
  expect((await preflight('https://evil.example.com')).headers.get('access-control-allow-origin')).toBeNull();
});

test.each([
  ['{"payloads":', 400],
  [{ payloads: 'x' }, 400],
  [{ payloads: [{ data: 'no base64!' }] }, 400],
  [{ payloads: [{ data: 'A'.repeat(5_000_000) }] }, 413],
])('a bad body is the caller’s mistake', async (body, status) => {
  expect((await decode(body)).status).toBe(status);
});

test('it does not encrypt: that would let anybody with a token forge messages', async () => {
  const response = await fetch(`${url}/encode`, { method: 'POST', headers: { authorization: 'Bearer admin' } });
  expect(response.status).toBe(404);
});

test('neither payloads nor tokens get into the log', () => {
  const text = log.join('');
  expect(text).toContain('an administrator decodes payloads');
  expect(text).not.toMatch(/canary|svc-payroll|Bearer/);
});
