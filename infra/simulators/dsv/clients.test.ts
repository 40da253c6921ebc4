import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOUR_MS, openVault, type Send, type TestVault } from './test-client.ts';

const FORBIDDEN = { code: 403, message: 'Invalid permissions' };
const MISSING = { code: 404, message: 'unable to find item with specified identifier' };
let vault: TestVault;
let send: Send;

beforeAll(async () => {
  vault = await openVault();
  send = await vault.asAdministrator();
  await send('POST', 'roles', { name: 'app' });
});
afterAll(async () => vault.close());

const create = async (body: unknown) => send('POST', 'clients/', body);
const logOn = async (clientId: string, clientSecret: string): Promise<number> => {
  const grant = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  return (await vault.send('POST', '/v1/token', grant)).status;
};

test("a client's secret is shown once", async () => {
  // As DelineaXPM/dsv-sdk-go sends it: with members that are the server's to fill.
  const { status, body } = await create({ id: '', clientId: '', clientSecret: '', CreatedBy: '', role: 'app' });
  expect([status, body.role, body.url]).toEqual([201, 'app', false]);
  expect(await logOn(body.clientId, body.clientSecret)).toBe(200);
  const read = await send('GET', `clients/${body.clientId}`);
  expect(read.body).toMatchObject({ id: body.id, clientId: body.clientId, usedCount: 1 });
  expect(read.body).not.toHaveProperty('clientSecret');
  const found = await send('GET', 'clients?role=app');
  expect(found.body.data.map((one: { clientId: string }) => one.clientId)).toContain(body.clientId);
  expect(found.text).not.toContain('clientSecret');
  expect((await send('GET', 'clients?role=none')).body.length).toBe(0);
});

test('a client cannot log on while it is marked', async () => {
  const { clientId, clientSecret } = (await create({ role: 'app' })).body;
  expect((await send('DELETE', `clients/${clientId}`)).body.message).toMatch(/^client marked for deletion/);
  expect(await logOn(clientId, clientSecret)).toBe(401);
  expect((await send('PUT', `clients/${clientId}/restore`)).status).toBe(200);
  expect(await logOn(clientId, clientSecret)).toBe(200);
  expect((await send('DELETE', `clients/${clientId}?force=true`)).status).toBe(204);
  expect((await send('GET', `clients/${clientId}`)).body).toEqual(MISSING);
});

test('a client may have a limit of uses and a time to live', async () => {
  const limited = (await create({ role: 'app', usesLimit: 2 })).body;
  const twice = [await logOn(limited.clientId, limited.clientSecret), await logOn(limited.clientId, 'wrong')];
  expect(twice).toEqual([200, 401]);
  expect(await logOn(limited.clientId, limited.clientSecret)).toBe(200);
  expect(await logOn(limited.clientId, limited.clientSecret)).toBe(401);
  const { clientId, clientSecret } = (await create({ role: 'app', ttl: 60 })).body;
  vault.pass(59_999);
  const grant = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const authorization = (await vault.send('POST', '/v1/token', grant)).body.accessToken as string;
  const status = async () => (await vault.send('GET', '/v1/secrets', undefined, { authorization })).status;
  expect(await status()).toBe(403);
  vault.pass(1);
  // The token would live on.
  expect(await status()).toBe(401);
  expect(await logOn(clientId, clientSecret)).toBe(401);
});

test('a client may get its secret by a URL, without a token, once', async () => {
  const { body } = await create({ role: 'app', url: true, urlTTL: 60, ttl: 3_600 });
  expect(body).not.toHaveProperty('clientSecret');
  expect(body.urlPath).toBe(`${vault.url}/v1/clients/bootstrap/${body.clientId}`);
  const { pathname } = new URL(body.urlPath);
  vault.pass(59_999);
  const first = (await vault.send('GET', pathname)).body;
  vault.pass(HOUR_MS - 1);
  expect(await logOn(first.clientId, first.clientSecret)).toBe(200);
  const second = await vault.send('GET', pathname);
  expect([second.status, second.body]).toEqual([400, { code: 400, message: 'url has already used' }]);
  send = await vault.asAdministrator();
  const late = (await create({ role: 'app', url: true, urlTTL: 60 })).body;
  vault.pass(60_000);
  expect((await vault.send('GET', new URL(late.urlPath).pathname)).status).toBe(400);
});

test.each([{}, { role: 'none' }, { role: 'app', ttl: -1 }, { role: 'app', ttl: '1' }, { role: 'app', url: 'true' }])(
  'a client of %j is 400',
  async (body) => expect((await create(body)).body.code).toBe(400),
);

test('to make a client takes the permission to assign the role', async () => {
  const create = { resources: ['clients:<.*>'], actions: ['create'] };
  const [without, withIt] = [
    await vault.asRole('hr-1', [create]),
    await vault.asRole('hr-2', [create, { resources: ['roles:ap<.*>'], actions: ['assign'] }]),
  ];
  expect((await without('POST', 'clients/', { role: 'app' })).body).toEqual(FORBIDDEN);
  expect((await withIt('POST', 'clients/', { role: 'app' })).status).toBe(201);
  expect((await withIt('POST', 'clients/', { role: 'hr-2' })).body).toEqual(FORBIDDEN);
});
