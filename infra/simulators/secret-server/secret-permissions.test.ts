/** Permissions of a secret, and the users to give them to. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
let readerId: number;
let reader: string;
let secretId: number;

beforeAll(async () => {
  fixture = await startFixture();
  const { admin } = fixture.simulator;
  readerId = admin.addUser({ username: 'reader', password: 'pw', displayName: 'Rita Reader' }).id;
  admin.addUser({ username: 'reader2', enabled: false });
  reader = await fixture.logOn('reader', 'pw');
  secretId = (await fixture.api('POST', '/v1/secrets', fixture.newSecret('shared'))).json.id;
});

afterAll(async () => fixture.simulator.close());

const path = '/v1/secret-permissions';
const grant = (more: object = {}) => ({ secretId, userId: readerId, secretAccessRoleName: 'View', ...more });
const share = async (value: boolean) => {
  return fixture.api('PATCH', `/v1/secrets/${secretId}/share`, {
    data: { inheritPermissions: { dirty: true, value } },
  });
};
const statusForReader = async () => (await fixture.api('GET', `/v1/secrets/${secretId}`, undefined, reader)).status;

test('an inheriting secret has none of its own; one that does not is shared user by user', async () => {
  expect((await fixture.api('POST', path, grant())).status).toBe(400);
  expect((await share(false)).json.inheritPermissions.value).toBe(false);
  const stub = await fixture.api('GET', `${path}/stub?secretId=${secretId}`);
  expect(stub.json).toMatchObject({ secretId, secretAccessRoleName: 'View' });
  expect(await statusForReader()).toBe(400);
  const added = await fixture.api('POST', path, grant());
  expect(added.json).toMatchObject({ userName: 'reader', knownAs: 'Rita Reader', secretAccessRoleName: 'View' });
  expect(await statusForReader()).toBe(200);
  expect((await fixture.api('POST', path, grant())).status).toBe(400);
  const list = await fixture.api('GET', `${path}?filter.secretId=${secretId}`);
  expect(list.json.records.map((each: { userId: number }) => each.userId)).toEqual([fixture.userId, readerId]);

  const one = `${path}/${added.json.id}`;
  expect((await fixture.api('DELETE', one, undefined, reader)).json.errorCode).toBe('API_AccessDenied');
  expect((await fixture.api('PUT', one, { secretAccessRoleName: 'list' })).json.secretAccessRoleName).toBe('List');
  expect(await statusForReader()).toBe(400);
  await fixture.api('PUT', one, { secretAccessRoleName: 'Edit' });
  expect((await fixture.api('DELETE', one)).json.objectType).toBe('SecretPermission');
  expect((await fixture.api('DELETE', one)).json.errorCode).toBe('API_AccessDenied');
  expect(await statusForReader()).toBe(400);

  expect((await share(true)).status).toBe(200);
  expect(fixture.simulator.snapshot().secrets.get(secretId)!.grants).toEqual([]);
  expect((await fixture.api('GET', `/v1/secrets/${secretId}`)).status).toBe(200);
});

test('a secret that stops to inherit, or goes to the root, keeps the rights that it had', async () => {
  const body = fixture.newSecret('kept');
  const id = (await fixture.api('POST', '/v1/secrets', body)).json.id;
  const put = async (more: object) => fixture.api('PUT', `/v1/secrets/${id}`, { ...body, id, ...more });
  expect((await put({ enableInheritPermissions: false })).json.enableInheritPermissions).toBe(false);
  expect((await put({ enableInheritPermissions: true })).json.enableInheritPermissions).toBe(true);
  fixture.simulator.admin.set({ folderRequired: false });
  const data = { folder: { dirty: true, value: -1 } };
  expect((await fixture.api('PATCH', `/v1/secrets/${id}/general`, { data })).json.folder.value).toBe(-1);
  fixture.simulator.admin.set({ folderRequired: true });
  const read = await fixture.api('GET', `/v1/secrets/${id}`);
  expect(read.json).toMatchObject({ folderId: -1, enableInheritPermissions: false });
  expect((await fixture.api('DELETE', `/v1/secrets/${id}`)).status).toBe(200);
});

test.each([
  ['no secret', { secretId: null }],
  ['a secret that is not', { secretId: 1 }],
  ['no user', { userId: null }],
  ['an unknown user', { userId: 1 }],
  ['a group', { groupId: 2 }],
  ['a role that is not', { secretAccessRoleName: 'None' }],
])('refuses %s', async (_what, more) => {
  await share(false);
  expect((await fixture.api('POST', path, grant(more))).status).toBe(400);
  await share(true);
});

describe('users', () => {
  test.each([
    ['filter.searchText=READ', ['reader']],
    ['filter.searchText=rita', ['reader']],
    ['filter.searchText=read&filter.includeInactive=true', ['reader', 'reader2']],
    ['filter.searchText=nobody', []],
  ])('%s', async (query, expected) => {
    const list = await fixture.api('GET', `/v1/users?${query}`);
    expect(list.json.records.map(({ userName }: { userName: string }) => userName)).toEqual(expected);
    expect((await fixture.api('GET', `/v1/users/lookup?${query}`)).json.total).toBe(expected.length);
  });
});
