import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR_MS, openVault, type Send, type TestVault } from './test-client.ts';

const MISSING = { code: 404, message: 'unable to find item with specified identifier' };
const MARKED = 'secret marked for deletion and will be removed in about 72 hours';
const BODY = { data: { username: 'u', password: 'p' }, attributes: { ttl: 100 }, description: 'd' };
let vault: TestVault;
let send: Send;
let count = 0;

beforeAll(async () => {
  vault = await openVault();
});
afterAll(async () => vault.close());

/** A new secret's path. */
async function made(body: unknown = BODY): Promise<string> {
  send = await vault.asAdministrator();
  count += 1;
  const path = `made/s${count}`;
  expect((await send('POST', `secrets/${path}`, body)).status).toBe(201);
  return path;
}

describe('POST', () => {
  test('makes version 0 and answers the whole secret', async () => {
    send = await vault.asAdministrator();
    const { status, body } = await send('POST', 'secrets/servers/us-east:server01', BODY);
    expect(status).toBe(201);
    expect(body).toEqual({
      ...BODY,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      path: 'servers:us-east:server01',
      version: '0',
      created: '2026-01-02T03:04:05Z',
      createdBy: 'users:administrator',
      lastModified: '2026-01-02T03:04:05Z',
      lastModifiedBy: 'users:administrator',
    });
    expect(vault.snapshot().secrets['secrets:servers:us-east:server01']?.versions).toHaveLength(1);
  });

  test('takes names of members in any case, and members it does not know', async () => {
    const path = await made({ Data: { k: 'v' }, DESCRIPTION: null, Attributes: null, id: 'x', Overwrite: false });
    expect((await send('GET', `secrets/${path}`)).body).toMatchObject({ data: { k: 'v' }, attributes: null });
  });

  test('is for new paths only, and changes nothing on others', async () => {
    const path = await made();
    const again = await send('POST', `secrets/${path.replace('/', ':')}`, { data: { other: 1 } });
    expect(again).toMatchObject({
      status: 400,
      body: { code: 400, message: 'error creating secret, secret at path already exists' },
    });
    expect((await send('GET', `secrets/${path}`)).body).toMatchObject({ ...BODY, version: '0' });
  });

  test.each([
    ['no body', undefined],
    ['a list', []],
    ['data that is no object', { data: 'x' }],
    ['data that is a list', { data: [] }],
    ['attributes that are no object', { data: {}, attributes: 'x' }],
    ['a description that is no text', { data: {}, description: 1 }],
    ['an overwrite that is no boolean', { data: {}, overwrite: 'true' }],
    ['text that is not JSON', '{"data":'],
  ])('%s is 400', async (_, body) => {
    send = await vault.asAdministrator();
    expect(await send('POST', 'secrets/bad/body', body)).toMatchObject({ status: 400, body: { code: 400 } });
    expect((await send('GET', 'secrets/bad/body')).status).toBe(404);
  });

  test('a body that is too large is 413', async () => {
    send = await vault.asAdministrator();
    const reply = await send('POST', 'secrets/bad/large', { data: { k: 'x'.repeat(65_536) } });
    expect([reply.status, reply.body]).toEqual([413, { message: 'Request Too Long' }]);
  });

  test.each([
    ['a space', 'a%20b'],
    ['an umlaut', 'a/%C3%A4'],
    ['a star', 'a/*'],
    ['an empty part', 'a//b'],
    ['an empty part at the end', 'a/b/'],
    ['an empty part at the beginning', '/a'],
    ['two colons', 'a::b'],
    ['a part of dots', 'a/%2E%2E/b'],
    ['a part of signs', 'a/-_-'],
    ['no path', ''],
    ['an id', '12345678-1234-1234-1234-123456789abc'],
    ['the end of a restore', 'a/restore'],
    ['the end of a rollback', 'a:rollback:1'],
    ['the end of a version', 'a/version/1'],
    ['more than 500 characters', 'a/'.repeat(250) + 'a'],
    ['what is not decodable', 'a%zz'],
  ])('a path with %s is 400', async (_, path) => {
    send = await vault.asAdministrator();
    expect(await send('POST', `secrets/${path}`, BODY)).toMatchObject({ status: 400, body: { code: 400 } });
  });

  test.each(['a@b.example', 'A+b_c-d.e', 'secrets/x', '12345678-1234-1234-1234-123456789abcz'])(
    'the path %s will do',
    async (path) => {
      send = await vault.asAdministrator();
      const { status, body } = await send('POST', `secrets/${path}`, BODY);
      expect([status, body.path]).toEqual([201, path.replaceAll('/', ':')]);
    },
  );

  test('paths differ in case', async () => {
    send = await vault.asAdministrator();
    for (const path of ['Case', 'case']) expect((await send('POST', `secrets/${path}`, BODY)).status).toBe(201);
  });
});

describe('GET', () => {
  test('answers by path, by id, and without data', async () => {
    const path = await made();
    const { body } = await send('GET', `secrets/${path}?edit=false`);
    const { data, ...rest } = body;
    expect(data).toEqual(BODY.data);
    for (const other of [`secrets/?id=${body.id}`, `secrets/${body.id}`]) {
      expect((await send('GET', other)).body).toEqual(body);
    }
    expect((await send('GET', `secrets/${path}::description`)).body).toEqual(rest);
    expect((await send('GET', `secrets/::description?id=${body.id}`)).body).toEqual(rest);
  });

  test.each(['nowhere', 'nowhere::description', 'nowhere/version/1', '?id=12345678-1234-1234-1234-123456789abc'])(
    '%s is 404',
    async (rest) => {
      send = await vault.asAdministrator();
      const reply = await send('GET', `secrets/${rest}`);
      expect([reply.status, reply.body]).toEqual([404, MISSING]);
    },
  );

  test.each(['', 'a?id=12345678-1234-1234-1234-123456789abc', 'a?edit=yes', 'a?edit=false&edit=true'])(
    '%s is 400',
    async (rest) => {
      send = await vault.asAdministrator();
      expect((await send('GET', `secrets/${rest}`)).status).toBe(400);
    },
  );
});

describe('PUT', () => {
  test('changes only what is named and not empty', async () => {
    const path = await made();
    vault.pass(2_000);
    const partial = { Data: { password: 'q' }, Description: '', Attributes: {}, Overwrite: false };
    const { status, body } = await send('PUT', `secrets/${path}`, partial);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...BODY, data: { username: 'u', password: 'q' }, version: '1' });
    expect(body.created < body.lastModified).toBe(true);
    const attributes = await send('PUT', `secrets/${path}`, { attributes: { owner: 'me' }, description: 'e' });
    expect(attributes.body).toMatchObject({ attributes: { ttl: 100, owner: 'me' }, description: 'e', version: '2' });
  });

  test('merges members of data, and does not go deeper', async () => {
    const path = await made({ data: { deep: { a: 1, b: 2 }, kept: true } });
    const { body } = await send('PUT', `secrets/${path}`, { data: { deep: { a: 3 } } });
    expect(body.data).toEqual({ deep: { a: 3 }, kept: true });
  });

  test('with overwrite, wipes what is left out', async () => {
    const path = await made();
    const { body } = await send('PUT', `secrets/${path}`, { data: { host: 'h' }, overwrite: true });
    expect(body).toMatchObject({ data: { host: 'h' }, attributes: null, description: '', version: '1' });
    const empty = await send('PUT', `secrets/${path}`, { overwrite: true });
    expect(empty.body).toMatchObject({ data: {}, version: '2' });
  });

  test('needs a secret that is there, and a body', async () => {
    const path = await made();
    expect((await send('PUT', 'secrets/nowhere', BODY)).body).toEqual(MISSING);
    expect((await send('PUT', `secrets/${path}`)).status).toBe(400);
    expect((await send('GET', `secrets/${path}`)).body.version).toBe('0');
  });

  test('always makes a version, whoever asks for which', async () => {
    const path = await made();
    for (const version of ['1', '2']) {
      expect((await send('PUT', `secrets/${path}`, { ...BODY, version: '7' })).body.version).toBe(version);
    }
  });
});

describe('versions', () => {
  test('are the current one and as many before it as asked, newest first', async () => {
    const path = await made();
    for (const password of ['q', 'r', 's']) await send('PUT', `secrets/${path}`, { data: { password } });
    const numbers = async (n: number): Promise<string[]> =>
      (await send('GET', `secrets/${path}/version/${n}`)).body.data.map(
        (one: { version: string; data: { password: string } }) => `${one.version}${one.data.password}`,
      );
    expect(await numbers(0)).toEqual(['3s']);
    expect(await numbers(2)).toEqual(['3s', '2r', '1q']);
    expect(await numbers(9)).toEqual(['3s', '2r', '1q', '0p']);
  });

  test('a rollback copies an old one to the end', async () => {
    const path = await made();
    await send('PUT', `secrets/${path}`, { data: { password: 'q' }, description: 'e' });
    const { status, body } = await send('PUT', `secrets/${path}/rollback/0`);
    expect(status).toBe(200);
    expect(body.data).toMatchObject([{ ...BODY, version: '2' }]);
    expect((await send('GET', `secrets/${path}`)).body).toMatchObject({ ...BODY, version: '2' });
    expect((await send('PUT', `secrets/${path}/rollback/9`)).body).toEqual(MISSING);
  });
});

describe('DELETE', () => {
  test('marks, and what is marked answers its message and blocks its path', async () => {
    const path = await made();
    const { id } = (await send('GET', `secrets/${path}`)).body;
    for (const rest of [path, `${path}?force=false`, `?id=${id}`]) {
      const reply = await send('DELETE', `secrets/${rest}`);
      expect([reply.status, reply.body]).toEqual([200, { message: MARKED }]);
    }
    for (const rest of [path, `${path}::description`, `${path}/version/1`, `?id=${id}`]) {
      const reply = await send('GET', `secrets/${rest}`);
      expect([reply.status, reply.body]).toEqual([200, { message: MARKED }]);
    }
    for (const rest of [path, `${path}/rollback/0`]) {
      const reply = await send('PUT', `secrets/${rest}`, { data: {} });
      expect([reply.status, reply.body]).toEqual([400, { code: 400, message: MARKED }]);
    }
    expect((await send('POST', `secrets/${path}`, BODY)).body.message).toMatch(/already exists/);
    expect(vault.snapshot().marked.secrets).toContain(`secrets:${path.replace('/', ':')}`);
  });

  test('can be undone for 72 hours, with all versions', async () => {
    const path = await made();
    await send('PUT', `secrets/${path}`, { data: { password: 'q' } });
    await send('DELETE', `secrets/${path}`);
    vault.pass(72 * HOUR_MS - 1);
    send = await vault.asAdministrator();
    const restored = await send('PUT', `secrets/${path}/restore`);
    expect([restored.status, restored.text]).toEqual([200, '']);
    expect((await send('GET', `secrets/${path}/version/9`)).body.data).toHaveLength(2);
    expect((await send('PUT', `secrets/${path}/restore`)).status).toBe(400);
  });

  test('is for good after 72 hours from the first one', async () => {
    const path = await made();
    await send('DELETE', `secrets/${path}`);
    vault.pass(71 * HOUR_MS);
    send = await vault.asAdministrator();
    await send('DELETE', `secrets/${path}`);
    vault.pass(HOUR_MS);
    send = await vault.asAdministrator();
    for (const [method, rest] of [
      ['PUT', '/restore'],
      ['GET', ''],
      ['DELETE', ''],
    ] as const) {
      expect((await send(method, `secrets/${path}${rest}`)).body).toEqual(MISSING);
    }
    expect((await send('POST', `secrets/${path}`, BODY)).body.version).toBe('0');
  });

  test.each([false, true])('with force, is at once and without a body (marked before: %s)', async (marked) => {
    const path = await made();
    if (marked) await send('DELETE', `secrets/${path}`);
    const reply = await send('DELETE', `secrets/${path}?force=true`);
    expect([reply.status, reply.text]).toEqual([204, '']);
    expect((await send('GET', `secrets/${path}`)).body).toEqual(MISSING);
    expect((await send('DELETE', `secrets/${path}?force=true`)).body).toEqual(MISSING);
    expect((await send('POST', `secrets/${path}`, BODY)).status).toBe(201);
  });

  test('takes no other force', async () => {
    const path = await made();
    expect((await send('DELETE', `secrets/${path}?force=1`)).status).toBe(400);
  });
});
