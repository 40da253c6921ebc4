/** Folders and the permissions on them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
let boss: string;
let rootId: number;
let readerId: number;
let reader: string;

beforeAll(async () => {
  fixture = await startFixture();
  const { admin } = fixture.simulator;
  admin.addUser({ username: 'boss', password: 'pw', unlimited: true });
  readerId = admin.addUser({ username: 'reader', password: 'pw' }).id;
  boss = await fixture.logOn('boss', 'pw');
  reader = await fixture.logOn('reader', 'pw');
  rootId = fixture.simulator.snapshot().folders.get(fixture.folderId)!.parentId;
});

afterAll(async () => fixture.simulator.close());

const denied = { errorCode: 'API_AccessDenied', message: 'Access Denied' };
const make = async (body: object, token = boss) => {
  return fixture.api('POST', '/v1/folders', { folderTypeId: 1, parentFolderId: rootId, ...body }, token);
};

describe('reading', () => {
  test('by id, by path with either slash, and one answer for missing and forbidden', async () => {
    const model = {
      id: fixture.folderId,
      folderName: 'Payroll',
      folderPath: '\\Accounts\\Payroll',
      parentFolderId: rootId,
      folderTypeId: 1,
      inheritPermissions: true,
    };
    for (const path of [
      String(fixture.folderId),
      '0?folderPath=%5CAccounts%5CPayroll',
      '0?folderPath=accounts/payroll/',
    ]) {
      expect((await fixture.api('GET', `/v1/folders/${path}`)).json).toMatchObject(model);
    }
    const replies = [
      await fixture.api('GET', '/v1/folders/1'),
      await fixture.api('GET', '/v1/folders/0'),
      await fixture.api('GET', '/v1/folders/0?folderPath=%5CAccounts%5CNone'),
      await fixture.api('GET', `/v1/folders/${rootId}`, undefined, reader),
    ];
    for (const reply of replies) expect([reply.status, reply.json]).toEqual([400, denied]);
  });

  test('children and templates only when asked for', async () => {
    const plain = await fixture.api('GET', `/v1/folders/${rootId}`);
    expect(plain.json).toMatchObject({ childFolders: null, secretTemplates: null });
    const query = 'getAllChildren=true&includeAssociatedTemplates=true';
    const whole = await fixture.api('GET', `/v1/folders/${rootId}?${query}`);
    expect(whole.json.childFolders.map(({ id }: { id: number }) => id)).toContain(fixture.folderId);
    expect(whole.json.secretTemplates).toEqual([]);
  });

  test.each([
    ['', ['Accounts', 'Payroll']],
    ['filter.searchText=PAY', ['Payroll']],
    ['filter.parentFolderId=ROOT', ['Payroll']],
    ['filter.parentFolderId=-1', ['Accounts', 'Payroll']],
    ['filter.parentFolderId=-1&filter.limitToDirectDescendents=True', ['Accounts']],
    ['filter.onlyIncludeRootFolders=true', ['Accounts']],
    ['filter.permissionRequired=AddSecret', ['Accounts', 'Payroll']],
    ['filter.permissionRequired=Owner', []],
  ])('search %s', async (query, expected) => {
    const at = `?${query.replace('ROOT', String(rootId))}`;
    const list = await fixture.api('GET', `/v1/folders${at}`);
    expect(list.json.records.map(({ folderName }: { folderName: string }) => folderName)).toEqual(expected);
    const lookup = await fixture.api('GET', `/v1/folders/lookup${at}`);
    expect(lookup.json.records.map(({ value }: { value: string }) => value)).toEqual(expected);
    expect(lookup.json.total).toBe(expected.length);
  });

  test('a search for a right that is not', async () => {
    expect((await fixture.api('GET', '/v1/folders?filter.permissionRequired=All')).status).toBe(400);
    expect((await fixture.api('GET', '/v1/folders/stub')).json).toMatchObject({ folderTypeId: 1, parentFolderId: -1 });
  });
});

describe('writing', () => {
  test('makes a folder that inherits, and one at the root that cannot', async () => {
    const made = await make({ FolderName: 'New' });
    expect(made.json).toMatchObject({ folderPath: '\\Accounts\\New', inheritPermissions: true });
    const inherits = { folderName: 'Top', parentFolderId: -1, inheritPermissions: true };
    expect((await make(inherits)).json).toEqual(denied);
    const top = { folderName: 'Top', parentFolderId: -1, inheritPermissions: false, inheritSecretPolicy: false };
    expect((await make(top)).json.folderPath).toBe('\\Top');
  });

  test.each([
    ['no name', { folderName: ' ' }],
    ['a slash in the name', { folderName: 'a\\b' }],
    ['another type', { folderName: 'x', folderTypeId: 2 }],
    ['a name that is taken', { folderName: 'PAYROLL' }],
    ['a parent that is not', { folderName: 'x', parentFolderId: 1 }],
  ])('refuses %s', async (_what, body) => {
    expect((await make(body)).status).toBe(400);
  });

  test('needs Edit on the parent', async () => {
    const token = await fixture.logOn('alm');
    expect((await make({ folderName: 'x' }, token)).json).toEqual(denied);
    expect((await make({ folderName: 'x', parentFolderId: -1 }, token)).json).toEqual(denied);
  });

  test('renames and moves, but not into itself, and deletes what is empty', async () => {
    const { id } = (await make({ folderName: 'Moving' })).json;
    const child = (await make({ folderName: 'Child', parentFolderId: id })).json;
    const put = async (body: object) =>
      fixture.api('PUT', `/v1/folders/${id}`, { id, folderName: 'Moved', ...body }, boss);
    expect((await put({ parentFolderId: child.id })).status).toBe(400);
    expect((await put({ id: 1 })).status).toBe(400);
    expect((await put({ parentFolderId: fixture.folderId })).json.folderPath).toBe('\\Accounts\\Payroll\\Moved');
    const remove = async (each: number) => fixture.api('DELETE', `/v1/folders/${each}`, undefined, boss);
    expect((await remove(id)).status).toBe(400);
    expect((await remove(child.id)).json).toEqual({ id: child.id, objectType: 'Folder', responseCodes: [] });
    expect((await remove(id)).status).toBe(200);
  });
});

describe('permissions', () => {
  const path = '/v1/folder-permissions';
  const grant = (folderId: number, more: object = {}) => ({
    folderId,
    userId: readerId,
    folderAccessRoleName: 'Add Secret',
    secretAccessRoleName: 'View',
    ...more,
  });

  test('are given, changed and taken away', async () => {
    const added = await fixture.api('POST', path, grant(rootId), boss);
    expect(added.json).toMatchObject({ userName: 'reader', folderAccessRoleName: 'Add Secret' });
    expect((await fixture.api('GET', `/v1/folders/${fixture.folderId}`, undefined, reader)).status).toBe(200);
    expect((await fixture.api('POST', path, grant(rootId), boss)).status).toBe(400);
    const list = await fixture.api('GET', `${path}?filter.folderId=${fixture.folderId}&filter.userId=${readerId}`);
    expect(list.json.records).toHaveLength(1);
    const changed = { ...grant(rootId), folderAccessRoleName: 'View', secretAccessRoleName: 'None' };
    expect((await fixture.api('PUT', `${path}/${added.json.id}`, changed, boss)).json.secretAccessRoleName).toBe(
      'None',
    );
    expect((await fixture.api('DELETE', `${path}/${added.json.id}`, undefined, reader)).json).toEqual(denied);
    expect((await fixture.api('DELETE', `${path}/${added.json.id}`, undefined, boss)).status).toBe(200);
    expect((await fixture.api('GET', `/v1/folders/${rootId}`, undefined, reader)).json).toEqual(denied);
    expect((await fixture.api('GET', `${path}/${added.json.id}`, undefined, boss)).json).toEqual(denied);
  });

  test('below a parent need inheritance broken, which keeps what was inherited', async () => {
    const { id } = (await make({ folderName: 'Broken' })).json;
    expect((await fixture.api('POST', path, grant(id), boss)).status).toBe(400);
    expect((await fixture.api('POST', path, grant(id, { breakInheritance: true }), boss)).status).toBe(200);
    expect((await fixture.api('GET', `/v1/folders/${id}`)).json.inheritPermissions).toBe(false);
    expect((await fixture.api('GET', `/v1/folders/${id}`, undefined, reader)).status).toBe(200);
  });

  test.each([
    ['a role that is not', { folderAccessRoleName: 'All' }],
    ['a secret role that is not', { secretAccessRoleName: 'All' }],
    ['no user', { userId: null }],
    ['an unknown user', { userId: 1 }],
    ['a group', { groupId: 3 }],
  ])('refuse %s', async (_what, more) => {
    expect((await fixture.api('POST', path, grant(rootId, more), boss)).status).toBe(400);
    expect((await fixture.api('GET', `${path}/stub?folderId=${rootId}`)).json.folderId).toBe(rootId);
  });
});
