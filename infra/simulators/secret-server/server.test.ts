/** The server as a whole: addresses, versions, switches, faults, what stays unsaid. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, send, startFixture, type Fixture } from './fixture.ts';
import { ACTIVE_DIRECTORY_TEMPLATE } from './world.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture({ virtualDirectory: '/SecretServer' });
});

afterAll(async () => fixture.simulator.close());

const form = { grant_type: 'password', username: 'alm', password: PASSWORD };
const at = async (path: string, method = 'GET', options = {}) => {
  const origin = new URL(fixture.simulator.url).origin;
  return send(fixture.simulator.caPem, method, `${origin}${path}`, options);
};

describe('addresses', () => {
  test.each([
    ['GET', '/api/v1/healthcheck'],
    ['POST', '/oauth2/token'],
    ['POST', '/Elsewhere/oauth2/token'],
    ['GET', '/SecretServer/Login.aspx'],
  ])('%s %s is the log-on page: 200 and HTML', async (method, path) => {
    const reply = await at(path, method, method === 'POST' ? { form } : {});
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(reply.text.toLowerCase()).not.toContain('healthy');
  });

  test('an unknown operation is 404, a wrong verb on a field 405', async () => {
    expect((await fixture.api('GET', '/v1/nothing')).status).toBe(404);
    expect((await fixture.api('GET', '/v1/secret-templates/6001/fields')).status).toBe(405);
    expect((await fixture.api('POST', '/v1/secrets/1/fields/notes', { value: 'x' })).status).toBe(405);
  });

  test.each([
    ['a body that is not JSON', Buffer.from('{'), {}, 400],
    ['a list instead of an object', Buffer.from('[]'), {}, 400],
    ['another media type', Buffer.from('{}'), { 'content-type': 'text/plain' }, 415],
  ])('refuses %s', async (_what, body, headers, status) => {
    const token = await fixture.logOn('alm');
    expect((await at('/SecretServer/api/v1/secrets', 'POST', { token, body, headers })).status).toBe(status);
  });
});

describe('health and version', () => {
  test.each([
    ['lower', { healthy: true }, 'Healthy'],
    ['capital', { Healthy: true }, 'healthy'],
  ] as const)('the %s casing', async (healthStyle, has, hasNot) => {
    fixture.simulator.admin.set({ healthStyle });
    const { json } = await at('/SecretServer/api/v1/healthcheck');
    expect(json).toMatchObject(has);
    expect(json).not.toHaveProperty(hasNot);
    fixture.simulator.admin.set({ healthStyle: 'both' });
  });

  test('as text, and when it is not well', async () => {
    fixture.simulator.admin.set({ healthStyle: 'text' });
    expect((await at('/SecretServer/api/v1/healthcheck')).text).toBe('Healthy');
    fixture.simulator.admin.set({ healthStyle: 'both', healthy: false });
    const reply = await at('/SecretServer/api/v1/healthcheck');
    expect([reply.status, reply.json.healthy]).toEqual([503, false]);
    fixture.simulator.admin.set({ healthy: true });
  });

  test.each([
    ['11.2.000002', { version: '11.2.000002' }],
    ['10.9.000064', { model: { version: '10.9.000064' }, success: true, severity: 'None' }],
  ])('%s', async (version, body) => {
    fixture.simulator.admin.set({ version });
    expect((await fixture.api('GET', '/v1/version')).json).toEqual(body);
    fixture.simulator.admin.set({ version: '11.2.000002' });
  });

  test('a hidden version is a refusal', async () => {
    fixture.simulator.admin.set({ hideVersionNumbers: true });
    expect((await fixture.api('GET', '/v1/version')).json.errorCode).toBe('API_AccessDenied');
    fixture.simulator.admin.set({ hideVersionNumbers: false });
  });

  test.each([
    ['10.2.000017', 'GET', '/v1/secret-templates'],
    ['10.2.000018', 'POST', '/v1/secret-templates/generate-password/85'],
    ['10.3.000000', 'GET', '/v1/secret-dependencies?filter.secretId=1'],
    ['10.8.000000', 'PATCH', '/v1/secrets/1/general'],
    ['11.1.000000', 'GET', '/v2/secrets'],
  ])('%s has no %s %s', async (version, method, path) => {
    fixture.simulator.admin.set({ version });
    expect((await fixture.api(method, path)).status).toBe(404);
    fixture.simulator.admin.set({ version: '11.2.000002' });
    expect((await fixture.api(method, path)).status).not.toBe(404);
  });

  test('paths came with 11.0', async () => {
    fixture.simulator.admin.set({ version: '10.9.000064' });
    const reply = await fixture.api('GET', '/v1/folders/0?folderPath=%5CAccounts');
    expect(reply.json.errorCode).toBe('API_AccessDenied');
    fixture.simulator.admin.set({ version: '11.2.000002' });
    expect((await fixture.api('GET', '/v1/folders/0?folderPath=%5CAccounts')).status).toBe(200);
  });
});

test('web services that are off refuse log-on and calls', async () => {
  const token = await fixture.logOn('alm');
  fixture.simulator.admin.set({ webServicesEnabled: false });
  expect((await at('/SecretServer/oauth2/token', 'POST', { form })).status).toBe(400);
  expect((await fixture.api('GET', '/v1/sites', undefined, token)).status).toBe(403);
  fixture.simulator.admin.set({ webServicesEnabled: true });
  expect((await fixture.api('GET', '/v1/sites', undefined, token)).json).toHaveLength(2);
});

describe('faults', () => {
  const path = /\/api\/v1\/secrets$/;
  const secrets = () => fixture.simulator.snapshot().secrets.size;
  const create = async (name: string) => fixture.api('POST', '/v1/secrets', fixture.newSecret(name));

  test('answer in the place of the server, as often as ordered, and only to calls that match', async () => {
    const { faults } = fixture.simulator;
    faults.add({ method: 'POST', path, times: 2, action: { kind: 'server-error' } });
    expect((await fixture.api('GET', '/v1/secrets')).status).toBe(200);
    expect((await create('f1')).json).toHaveProperty('stackTrace');
    expect(faults.pending()).toBe(1);
    expect((await create('f1')).status).toBe(500);
    expect((await create('f1')).status).toBe(200);
    faults.add({ path, action: { kind: 'throttle', retryAfterSeconds: 3 } });
    const throttled = await create('f2');
    expect([throttled.status, throttled.headers['retry-after']]).toEqual([429, '3']);
    faults.add({ path, action: { kind: 'expired-token' } });
    expect((await create('f2')).status).toBe(401);
    faults.add({ path, action: { kind: 'expired-token', status: 403 } });
    expect((await create('f2')).json.message).toBe('Authentication failed or expired token.');
    faults.add({ path, action: { kind: 'server-error' } });
    faults.clear();
    expect((await create('f2')).status).toBe(200);
  });

  test('cut the connection before the work, or after it', async () => {
    const { faults } = fixture.simulator;
    const before = secrets();
    faults.add({ path, action: { kind: 'cut-before' } });
    await expect(create('cut')).rejects.toThrow();
    expect(secrets()).toBe(before);
    faults.add({ path, action: { kind: 'cut-after' } });
    await expect(create('cut')).rejects.toThrow();
    expect(secrets()).toBe(before + 1);
    expect(fixture.simulator.snapshot().calls.at(-1)).toMatchObject({ method: 'POST', status: 0 });
  });

  test('delay', async () => {
    fixture.simulator.faults.add({ path, action: { kind: 'delay', ms: 200 } });
    const slow = create('slow');
    const first = await Promise.race([slow.then(() => 'answer'), sleep(100).then(() => 'clock')]);
    expect([first, (await slow).status]).toEqual(['clock', 200]);
  });
});

test('the snapshot is a copy, without tokens', async () => {
  const { simulator } = fixture;
  const made = simulator.admin.addSecret({
    name: 'kept',
    templateId: ACTIVE_DIRECTORY_TEMPLATE,
    folderId: fixture.folderId,
    values: {},
  });
  simulator.snapshot().secrets.get(made.id)!.name = 'changed';
  expect(simulator.snapshot().secrets.get(made.id)!.name).toBe('kept');
  expect(Object.keys(simulator.snapshot())).not.toContain('tokens');
  expect(simulator.snapshot().tokensIssued).toBeGreaterThan(0);
});
