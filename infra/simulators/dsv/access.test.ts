import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openVault, type Send, type TestVault } from './test-client.ts';

const FORBIDDEN = { code: 403, message: 'Invalid permissions' };
const MISSING = { code: 404, message: 'unable to find item with specified identifier' };
let vault: TestVault;
let send: Send;

beforeAll(async () => {
  vault = await openVault();
  send = await vault.asAdministrator();
});
afterAll(async () => vault.close());

const policyOf = (...permissions: unknown[]): string => JSON.stringify({ permissionDocument: permissions });

describe('permissions', () => {
  test('decide by path and action, before it is looked whether something is there', async () => {
    await send('POST', 'secrets/alm/one', { data: { a: 1 } });
    const alm = await vault.asRole('alm', [{ resources: ['secrets:alm:<.*>'], actions: ['read', 'create'] }]);
    const statuses = async (path: string): Promise<number[]> => {
      const replies = [
        await alm('GET', `secrets/${path}`),
        await alm('GET', `secrets/${path}::description`),
        await alm('GET', `secrets/${path}/version/1`),
        await alm('PUT', `secrets/${path}`, {}),
        await alm('PUT', `secrets/${path}/rollback/0`),
        await alm('PUT', `secrets/${path}/restore`),
        await alm('DELETE', `secrets/${path}`),
      ];
      return replies.map(({ status }) => status);
    };
    expect(await statuses('alm/one')).toEqual([200, 200, 200, 403, 403, 403, 403]);
    expect(await statuses('alm/none')).toEqual([404, 404, 404, 403, 403, 403, 403]);
    expect(await statuses('other/none')).toEqual([403, 403, 403, 403, 403, 403, 403]);
    expect((await alm('POST', 'secrets/other/none', 'no body')).body).toEqual(FORBIDDEN);
    expect((await alm('POST', 'secrets/alm/two', { data: {} })).body.createdBy).toBe('roles:alm');
    // The path itself is not below the path.
    expect((await alm('POST', 'secrets/alm', { data: {} })).status).toBe(403);
  });

  test.each([
    ['create', [200, 403, 403, 403]],
    ['read', [403, 200, 403, 403]],
    ['update', [403, 403, 200, 403]],
    ['delete', [403, 403, 403, 200]],
    ['assign', [403, 403, 403, 403]],
    ['list', [403, 403, 403, 403]],
  ])('%s allows its own verb alone', async (action, statuses) => {
    const other = await openVault({ createdStatus: 200 });
    onTestFinished(() => other.close());
    await (
      await other.asAdministrator()
    )('POST', 'secrets/a/old', { data: {} });
    const role = await other.asRole('one', [{ resources: ['secrets:a:<.*>'], actions: [action] }]);
    const replies = [
      await role('POST', 'secrets/a/new', { data: {} }),
      await role('GET', 'secrets/a/old'),
      await role('PUT', 'secrets/a/old', {}),
      await role('DELETE', 'secrets/a/old'),
    ];
    expect(replies.map(({ status }) => status)).toEqual(statuses);
  });

  test('have patterns in angle brackets, and everything else is literal and whole', async () => {
    const resources = ['secrets:lit.one', 'secrets:lit:<[ab]+>:end'];
    const literal = await vault.asRole('literal', [{ resources, actions: ['read'] }]);
    const statuses = ['lit.one', 'litXone', 'lit.one2', 'x/lit.one', 'lit/abba/end', 'lit/c/end', 'lit/a/end/more'].map(
      async (path) => (await literal('GET', `secrets/${path}`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([404, 403, 403, 403, 404, 403, 403]);
  });

  test('add up, a deny beats them, and each change counts at once', async () => {
    const grants = [
      { resources: ['secrets:sum:<.*>'], actions: ['read'] },
      { resources: ['secrets:sum:<a|b>'], actions: ['<create|update>'] },
      { resources: ['secrets:sum:b'], actions: ['<.*>'], effect: 'deny' as const },
    ];
    const sum = await vault.asRole('Sum', grants);
    for (const path of ['a', 'b', 'c']) await send('POST', `secrets/sum/${path}`, { data: {} });
    const statuses = async (path: string) => [
      (await sum('GET', `secrets/sum/${path}`)).status,
      (await sum('PUT', `secrets/sum/${path}`, {})).status,
    ];
    expect([await statuses('a'), await statuses('b'), await statuses('c')]).toEqual([
      [200, 200],
      [403, 403],
      [200, 403],
    ]);
    vault.revokeGrants('Sum');
    expect(await statuses('a')).toEqual([403, 403]);
  });
});

describe('policies', () => {
  const READ = { subjects: ['roles:Shop'], actions: ['READ'], resources: ['secrets:shop:<.*>'] };

  test('give and take permissions', async () => {
    const shop = await vault.asRole('shop');
    await send('POST', 'secrets/shop/one', { data: {} });
    const made = await send('POST', 'config/policies/', { path: 'secrets/shop', policy: policyOf(READ) });
    expect(made).toMatchObject({
      status: 201,
      body: {
        path: 'secrets:shop',
        version: '0',
        createdBy: 'users:administrator',
        permissionDocument: [
          { subjects: ['roles:shop'], actions: ['read'], effect: 'allow', conditions: {}, meta: null, description: '' },
        ],
      },
    });
    expect((await shop('GET', 'secrets/shop/one')).status).toBe(200);
    const denied = policyOf({ ...READ, effect: 'deny' });
    const changed = await send('PUT', 'config/policies/secrets:shop', { policy: denied, serialization: 'json' });
    expect(changed.body.version).toBe('1');
    expect((await shop('GET', 'secrets/shop/one')).body).toEqual(FORBIDDEN);
    expect((await send('PUT', 'config/policies/secrets:shop/rollback/0')).body.version).toBe('2');
    expect((await shop('GET', 'secrets/shop/one')).status).toBe(200);
    expect((await send('GET', 'config/policies/secrets:shop/version/9')).body.data).toHaveLength(3);
    expect((await send('GET', 'config/policies?searchTerm=secrets/sh')).body.length).toBe(1);
    await send('DELETE', 'config/policies/secrets:shop');
    expect((await shop('GET', 'secrets/shop/one')).status).toBe(403);
    expect((await send('GET', 'config/policies/secrets:shop')).body.message).toMatch(/^policy marked for deletion/);
    expect((await send('PUT', 'config/policies/secrets:shop/restore')).status).toBe(204);
    expect((await shop('GET', 'secrets/shop/one')).status).toBe(200);
    expect((await send('DELETE', 'config/policies/secrets/shop?force=true')).status).toBe(204);
    expect((await send('GET', 'config/policies/secrets:shop')).body).toEqual(MISSING);
  });

  test('fill in what is left out', async () => {
    const policy = policyOf({ subjects: ['users:<ann|tom>'], actions: ['read', '*'] });
    const { body } = await send('POST', 'config/policies', { path: 'secrets:filled', policy });
    const resources = ['secrets:filled:<.*>'];
    expect(body.permissionDocument).toMatchObject([{ resources, actions: ['<.*>'], subjects: ['users:<ann|tom>'] }]);
    const again = await send('POST', 'config/policies', { path: 'secrets:filled', policy });
    expect(again).toMatchObject({ status: 400, body: { code: 400 } });
  });

  test('may hold for a range of addresses', async () => {
    const from = await vault.asRole('from');
    const within = (cidr: string) => ({ remoteIP: { type: 'CIDRCondition', options: { cidr } } });
    await send('POST', 'secrets/from/one', { data: {} });
    const permission = { subjects: ['roles:from'], actions: ['read'] };
    const here = policyOf({ ...permission, conditions: within('127.0.0.0/8') });
    await send('POST', 'config/policies', { path: 'secrets:from', policy: here });
    expect((await from('GET', 'secrets/from/one')).status).toBe(200);
    const elsewhere = policyOf({ ...permission, conditions: within('10.0.0.0/8') });
    await send('PUT', 'config/policies/secrets:from', { policy: elsewhere });
    expect((await from('GET', 'secrets/from/one')).status).toBe(403);
  });

  const GOOD = { subjects: ['roles:x'], actions: ['read'] };
  test.each([
    ['no path', { policy: policyOf(GOOD) }],
    ['a short path', { path: 'ab', policy: policyOf(GOOD) }],
    ['a bad path', { path: 'secrets:<.*>', policy: policyOf(GOOD) }],
    ['no document', { path: 'secrets:bad' }],
    ['a document that is no text', { path: 'secrets:bad', policy: { permissionDocument: [GOOD] } }],
    ['YAML', { path: 'secrets:bad', policy: policyOf(GOOD), serialization: 'yaml' }],
    ['a document that is not JSON', { path: 'secrets:bad', policy: 'permissionDocument:' }],
    ['no permissions', { path: 'secrets:bad', policy: policyOf() }],
    ['no subjects', { path: 'secrets:bad', policy: policyOf({ actions: ['read'] }) }],
    ['a subject of no kind', { path: 'secrets:bad', policy: policyOf({ ...GOOD, subjects: ['ann'] }) }],
    ['no actions', { path: 'secrets:bad', policy: policyOf({ ...GOOD, actions: [] }) }],
    ['an unknown action', { path: 'secrets:bad', policy: policyOf({ ...GOOD, actions: ['write'] }) }],
    ['an unknown effect', { path: 'secrets:bad', policy: policyOf({ ...GOOD, effect: 'maybe' }) }],
    ['a resource elsewhere', { path: 'secrets:bad', policy: policyOf({ ...GOOD, resources: ['users:<.*>'] }) }],
    ['an open bracket', { path: 'secrets:bad', policy: policyOf({ ...GOOD, resources: ['secrets:bad:<.*'] }) }],
    ['a bad expression', { path: 'secrets:bad', policy: policyOf({ ...GOOD, resources: ['secrets:bad:<(>'] }) }],
    ['an unknown condition', { path: 'secrets:bad', policy: policyOf({ ...GOOD, conditions: { a: { type: 'b' } } }) }],
    ['too much', { path: 'secrets:bad', policy: policyOf({ ...GOOD, description: 'x'.repeat(2_000) }) }],
  ])('%s is 400', async (_, body) => {
    expect(await send('POST', 'config/policies/', body)).toMatchObject({ status: 400, body: { code: 400 } });
    expect((await send('GET', 'config/policies/secrets:bad')).status).toBe(404);
  });

  test('can be delegated below a path', async () => {
    const permission = { ...GOOD, subjects: ['roles:lead'], actions: ['create'] };
    const policy = policyOf({ ...permission, resources: ['config:policies:secrets:team:<.*>'] });
    expect((await send('POST', 'config/policies', { path: 'secrets:team', policy })).status).toBe(201);
    const lead = await vault.asRole('lead');
    const below = { policy: policyOf(GOOD), path: 'secrets:team:web' };
    expect((await lead('POST', 'config/policies', below)).status).toBe(201);
    expect((await lead('POST', 'config/policies', { ...below, path: 'secrets:other' })).body).toEqual(FORBIDDEN);
    expect((await lead('GET', 'config/policies')).body).toEqual(FORBIDDEN);
  });
});

describe('roles', () => {
  test('live from creation to purge', async () => {
    const made = await send('POST', 'roles/', { name: 'role-1', description: 'd' });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      name: 'role-1',
      description: 'd',
      provider: '',
      externalId: '',
      groups: null,
      version: '0',
      created: expect.stringMatching(/Z$/),
      createdBy: 'users:administrator',
      lastModified: expect.stringMatching(/Z$/),
      lastModifiedBy: 'users:administrator',
    });
    expect((await send('POST', 'roles', { name: 'role-1' })).body.code).toBe(400);
    expect((await send('PUT', 'roles/role-1', {})).body).toMatchObject({ description: '', version: '1' });
    expect((await send('GET', 'roles/role-1/version/1')).body.data).toHaveLength(2);
    const marked = { message: 'role marked for deletion and will be removed in about 72 hours' };
    expect((await send('DELETE', 'roles/role-1')).body).toEqual(marked);
    expect((await send('GET', 'roles/role-1')).body).toEqual(marked);
    expect((await send('PUT', 'roles/role-1/restore')).text).toBe('');
    expect((await send('GET', 'roles/role-1')).body.version).toBe('1');
    expect((await send('DELETE', 'roles/role-1?force=true')).status).toBe(204);
    expect((await send('DELETE', 'roles/role-1?force=true')).body).toEqual(MISSING);
  });

  test.each([{}, { name: 'a b' }, { name: 1 }, { name: 'x', provider: 'aws' }, { name: 'x', externalId: 'arn' }])(
    '%j is 400',
    async (body) => expect((await send('POST', 'roles/', body)).body.code).toBe(400),
  );

  test('are found by name, sorted', async () => {
    for (const name of ['find-b', 'find-a']) {
      await send('POST', 'roles/', { name });
      vault.pass(1_000);
    }
    const names = async (query: string): Promise<string[]> =>
      (await send('GET', `roles?searchTerm=find-&${query}`)).body.data.map(({ name }: { name: string }) => name);
    expect(await names('limit=1&sort=asc&sortedBy=name')).toEqual(['find-a']);
    expect(await names('limit=1&sort=desc&sortedBy=name')).toEqual(['find-b']);
    expect(await names('')).toEqual(['find-a', 'find-b']);
    expect((await send('GET', 'roles?sortedBy=size')).status).toBe(400);
  });
});

test.each([
  ['GET', 'users'],
  ['POST', 'secrets'],
  ['PATCH', 'secrets/a'],
  ['PUT', 'clients/x'],
  ['GET', 'home/nobody/a'],
  ['GET', ''],
])('%s %s is refused', async (method, path) => {
  send = await vault.asAdministrator();
  expect((await send(method, path)).status).toBeGreaterThanOrEqual(400);
});
