import { get } from 'node:https';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openVault, type Send, type TestVault } from './test-client.ts';

let vault: TestVault;
let send: Send;

beforeAll(async () => {
  vault = await openVault();
  send = await vault.asAdministrator();
});
afterEach(() => vault.faults.clear());
afterAll(async () => vault.close());

test('a server error is not JSON and has no effect', async () => {
  vault.faults.add({
    method: 'POST',
    path: /^\/v1\/secrets\/a$/,
    times: 2,
    action: { kind: 'server-error', status: 502 },
  });
  expect((await send('GET', 'secrets/a')).status).toBe(404);
  for (const left of [1, 0]) {
    const reply = await send('POST', 'secrets/a', { data: {} });
    expect([reply.status, reply.body, vault.faults.pending()]).toEqual([502, undefined, left]);
  }
  expect((await send('POST', 'secrets/a', { data: {} })).status).toBe(201);
});

test('throttling tells when to come back', async () => {
  vault.faults.add({ action: { kind: 'throttle', retryAfterSeconds: 3 } });
  const reply = await send('GET', 'secrets/a');
  expect([reply.status, reply.headers['retry-after'], reply.body]).toEqual([
    429,
    '3',
    { message: 'Too Many Requests' },
  ]);
});

test('a token can be called expired, after calls that pass', async () => {
  vault.faults.add({ skip: 1, action: { kind: 'expired-token' } });
  const statuses = [await send('GET', 'secrets'), await send('GET', 'secrets'), await send('GET', 'secrets')];
  expect(statuses.map(({ status }) => status)).toEqual([200, 401, 200]);
});

test('the token endpoint goes wrong too', async () => {
  vault.faults.add({ path: /token$/, action: { kind: 'server-error' } });
  expect((await vault.send('POST', '/v1/token', {})).status).toBe(500);
});

test('a connection cut before has no effect, one cut after has', async () => {
  vault.faults.add({ method: 'POST', action: { kind: 'cut-before' } });
  await expect(send('POST', 'secrets/cut', { data: { a: 1 } })).rejects.toThrow();
  expect(vault.snapshot().secrets).not.toHaveProperty(['secrets:cut']);
  vault.faults.add({ method: 'POST', action: { kind: 'cut-after' } });
  await expect(send('POST', 'secrets/cut', { data: { a: 1 } })).rejects.toThrow();
  expect((await send('GET', 'secrets/cut')).body).toMatchObject({ data: { a: 1 }, version: '0' });
});

test('a delay is as long as it says', async () => {
  vault.faults.add({ action: { kind: 'delay', ms: 60 } });
  const start = performance.now();
  expect((await send('GET', 'secrets')).status).toBe(200);
  expect(performance.now() - start).toBeGreaterThan(55);
});

test('patterns that remember are refused', () => {
  expect(() => vault.faults.add({ path: /x/g, action: { kind: 'cut-before' } })).toThrow('must not be g or y');
});

test('calls are recorded without queries and bodies', async () => {
  const before = vault.calls().length;
  await send('GET', 'secrets?searchTerm=x');
  await send('GET', 'secrets/a%3Ab');
  expect(vault.calls().slice(before)).toEqual([
    { method: 'GET', path: '/v1/secrets' },
    { method: 'GET', path: '/v1/secrets/a:b' },
  ]);
});

test('a snapshot is a copy', async () => {
  await send('POST', 'secrets/copied', { data: { a: 1 } });
  Object.assign(vault.snapshot().secrets['secrets:copied']!.versions[0]!.data, { a: 2 });
  expect((await send('GET', 'secrets/copied')).body.data).toEqual({ a: 1 });
});

test('the certificate is for loopback and of an authority that nobody else trusts', async () => {
  const refused = await new Promise((resolve) => get(vault.url, () => resolve('answered')).on('error', resolve));
  expect(refused).toMatchObject({ code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/) });
});
