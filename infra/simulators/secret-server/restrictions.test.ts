/** Rights of users, and what stands before a secret: comment, check-out, approval, DoubleLock, pending changes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFixture, type Fixture } from './fixture.ts';
import { PASSWORD_TEMPLATE } from './world.ts';
import type { FolderRole, SecretRole } from './types.ts';

let fixture: Fixture;
let now = Date.parse('2026-03-01T10:00:00Z');
let number = 0;
let other: string;

beforeAll(async () => {
  fixture = await startFixture({ nowMs: () => now, settings: { sessionTimeoutMinutes: null } });
  const { admin } = fixture.simulator;
  const { id } = admin.addUser({ username: 'other', password: 'pw' });
  other = await fixture.logOn('other', 'pw');
  const accounts = [...fixture.simulator.snapshot().folders.values()].find(({ name }) => name === 'Accounts')!;
  const boss = admin.addUser({ username: 'boss', password: 'pw', unlimited: true });
  const token = await fixture.logOn(boss.username, 'pw');
  const body = { folderId: accounts.id, userId: id, folderAccessRoleName: 'View', secretAccessRoleName: 'Edit' };
  await fixture.api('POST', '/v1/folder-permissions', body, token);
});

afterAll(async () => fixture.simulator.close());

async function secretWith(changes: object): Promise<number> {
  const name = `restricted-${(number += 1)}`;
  return (await fixture.api('POST', '/v1/secrets', { ...fixture.newSecret(name), ...changes })).json.id;
}
const get = async (id: number, query = '', token?: string) =>
  fixture.api('GET', `/v1/secrets/${id}${query}`, undefined, token);
const state = async (id: number, token?: string) =>
  (await fixture.api('GET', `/v1/secrets/${id}/state`, undefined, token)).json;
const post = async (id: number, name: string, body: object = {}, token?: string) =>
  fixture.api('POST', `/v1/secrets/${id}/${name}`, body, token);

describe('rights', () => {
  const row = (folderRole: FolderRole, secretRole: SecretRole, ...expected: number[]) =>
    [folderRole, secretRole, expected] as const;
  test.each([
    // The statuses of: summary, read, set a field, delete, create in the folder, make a folder in it.
    row('View', 'None', 400, 400, 400, 400, 400, 400),
    row('View', 'List', 200, 400, 400, 400, 400, 400),
    row('View', 'View', 200, 200, 400, 400, 400, 400),
    row('View', 'Edit', 200, 200, 200, 400, 400, 400),
    row('View', 'Owner', 200, 200, 200, 200, 400, 400),
    row('Add Secret', 'View', 200, 200, 400, 400, 200, 400),
    row('Edit', 'View', 200, 200, 400, 400, 200, 200),
    row('Owner', 'Owner', 200, 200, 200, 200, 200, 200),
  ])('%s on the folder and %s on its secrets', async (folderRole, secretRole, expected) => {
    const { admin } = fixture.simulator;
    const user = admin.addUser({ username: `user-${(number += 1)}`, password: 'pw' });
    const token = await fixture.logOn(user.username, 'pw');
    const folder = admin.addFolder({ name: user.username, grants: [{ userId: user.id, folderRole, secretRole }] });
    const values = { resource: 'r', username: 'u', password: 'p' };
    const secret = admin.addSecret({ name: 's', templateId: PASSWORD_TEMPLATE, folderId: folder.id, values });
    const path = `/v1/secrets/${secret.id}`;
    const statuses = [
      await fixture.api('GET', `${path}/summary`, undefined, token),
      await fixture.api('GET', path, undefined, token),
      await fixture.api('PUT', `${path}/fields/notes`, { value: 'x' }, token),
      await fixture.api('DELETE', path, undefined, token),
      await fixture.api('POST', '/v1/secrets', { ...fixture.newSecret('n'), folderId: folder.id }, token),
      await fixture.api('POST', '/v1/folders', { folderName: 'f', folderTypeId: 1, parentFolderId: folder.id }, token),
    ].map(({ status }) => status);
    expect(statuses).toEqual(expected);
  });

  test('a secret that does not inherit is its maker’s alone', async () => {
    const id = await secretWith({ enableInheritPermissions: false });
    expect([(await get(id)).status, (await get(id, '', other)).status]).toEqual([200, 400]);
  });

  test('only an owner changes the switches of a secret', async () => {
    const id = await secretWith({});
    const body = { ...fixture.newSecret('renamed'), id };
    expect((await fixture.api('PUT', `/v1/secrets/${id}`, { ...body, requiresComment: true }, other)).status).toBe(400);
    expect((await fixture.api('PUT', `/v1/secrets/${id}`, { ...body, requiresComment: false }, other)).status).toBe(
      200,
    );
    expect((await fixture.api('PUT', `/v1/secrets/${id}`, { ...body, requiresComment: true })).status).toBe(200);
  });
});

describe('a comment', () => {
  const code = 'API_ValidateSecretAccessCommentRequired';

  test('is required for reading and writing, and counts for a while, for its user', async () => {
    const id = await secretWith({ requiresComment: true });
    expect((await get(id)).json.errorCode).toBe(code);
    expect((await fixture.api('PUT', `/v1/secrets/${id}/fields/notes`, { value: 'x' })).json.errorCode).toBe(code);
    expect((await fixture.api('DELETE', `/v1/secrets/${id}`)).json.errorCode).toBe(code);
    expect((await fixture.api('GET', `/v1/secrets/${id}/summary`)).json.isRestricted).toBe(true);
    const comment = `/v1/secret-access-requests/secrets/${id}/view-comment`;
    expect((await fixture.api('POST', comment, {})).status).toBe(400);
    expect((await fixture.api('POST', comment, { comment: 'audit' })).status).toBe(200);
    expect((await get(id)).status).toBe(200);
    expect((await get(id, '', other)).json.errorCode).toBe(code);
    now += 30 * 60_000;
    expect((await get(id)).json.errorCode).toBe(code);
  });

  test('comes with a restricted read, an update, or the query', async () => {
    const [one, two, three] = [
      await secretWith({ requiresComment: true }),
      await secretWith({ requiresComment: true }),
      await secretWith({ requiresComment: true }),
    ];
    expect((await post(one, 'restricted')).json.errorCode).toBe(code);
    expect((await post(one, 'restricted', { comment: 'c' })).json.id).toBe(one);
    const field = await fixture.api('PUT', `/v1/secrets/${two}/fields/notes`, { value: 'x', comment: 'c' });
    expect(field.status).toBe(200);
    expect((await get(three, '?autoComment=c')).status).toBe(200);
    expect((await fixture.api('POST', `/v1/secrets/${three}/restricted/fields/domain`, {})).json).toBe('corp.example');
  });
});

describe('check-out', () => {
  test('gives the secret to one user, for a time', async () => {
    const id = await secretWith({ checkOutEnabled: true, checkOutIntervalMinutes: 15 });
    expect((await get(id)).json).not.toHaveProperty('errorCode');
    expect((await state(id)).secretState).toBe('RequiresCheckout');
    expect((await post(id, 'check-out')).json).toEqual({ responseCodes: [] });
    expect((await get(id)).json).toMatchObject({ checkedOut: true, checkOutMinutesRemaining: 15 });
    expect((await get(id, '', other)).status).toBe(400);
    expect(await state(id, other)).toMatchObject({ secretState: 'CannotView', isCheckedOutByCurrentUser: false });
    expect((await post(id, 'check-out', {}, other)).status).toBe(400);
    now += 15 * 60_000;
    expect((await get(id)).status).toBe(400);
    expect((await post(id, 'check-out', {}, other)).status).toBe(200);
  });

  test('ends by check-in: one’s own, or by an owner’s force', async () => {
    const id = await secretWith({ checkOutEnabled: true });
    expect((await post(id, 'check-in')).status).toBe(400);
    await post(id, 'check-out');
    expect((await post(id, 'check-in')).json).toMatchObject({ id, checkedOut: false });
    await post(id, 'check-out', {}, other);
    expect((await post(id, 'check-in')).json.errorCode).toBe('API_AccessDenied');
    expect((await post(id, 'check-in', { forceCheckIn: true })).status).toBe(200);
    await post(id, 'check-out');
    expect((await post(id, 'check-in', { forceCheckIn: true }, other)).json.errorCode).toBe('API_AccessDenied');
    now += 20 * 60_000;
    expect((await post(id, 'extend-check-out', {}, other)).status).toBe(400);
    expect((await post(id, 'extend-check-out')).status).toBe(200);
    expect((await get(id)).json.checkOutMinutesRemaining).toBe(30);
  });

  test('happens on the way when the query asks, or in a restricted read', async () => {
    const id = await secretWith({ checkOutEnabled: true });
    expect((await get(id, '?autoCheckout=true&noAutoCheckout=true')).status).toBe(400);
    expect((await get(id, '?autoCheckout=True&autoCheckIn=true')).status).toBe(200);
    expect((await state(id)).isCheckedOut).toBe(false);
    expect((await post(id, 'restricted', { noAutoCheckout: true })).status).toBe(400);
    expect((await post(id, 'restricted')).status).toBe(200);
    expect((await state(id)).isCheckedOutByCurrentUser).toBe(true);
    expect((await post(id, 'restricted', { forceCheckIn: true }, other)).status).toBe(400);
  });

  test('is refused for a secret without it, and changes the password at its end where that is on', async () => {
    const { admin } = fixture.simulator;
    expect((await post(await secretWith({}), 'check-out')).status).toBe(400);
    const id = await secretWith({ checkOutEnabled: true, checkOutChangePasswordEnabled: true });
    await post(id, 'check-out');
    await post(id, 'check-in');
    expect((await state(id)).secretState).toBe('RequiresCheckoutPendingRPC');
    expect((await post(id, 'check-out')).status).toBe(400);
    admin.completePasswordChanges();
    await post(id, 'check-out');
    expect((await fixture.api('GET', `/v1/secrets/${id}/fields/password`)).json).not.toBe('Secret-password-1');
  });
});

test('approval and DoubleLock stand before the values', async () => {
  const { admin } = fixture.simulator;
  const id = await secretWith({});
  admin.secret(id).requiresApproval = true;
  expect((await state(id)).secretState).toBe('RequiresApproval');
  expect((await get(id)).status).toBe(400);
  admin.secret(id).approvedUserIds.push(fixture.userId);
  expect((await get(id)).status).toBe(200);
  admin.secret(id).doubleLockPassword = 'lock';
  expect((await get(id)).status).toBe(400);
  expect((await post(id, 'restricted', { doubleLockPassword: 'no' })).status).toBe(400);
  expect((await post(id, 'restricted', { doubleLockPassword: 'lock' })).status).toBe(200);
});

describe('a password change by the vendor', () => {
  const password = async (id: number) => (await fixture.api('GET', `/v1/secrets/${id}/fields/password`)).json;

  test('is queued, then done', async () => {
    const id = await secretWith({});
    expect((await post(id, 'change-password', { newPassword: 'Next-password-1' })).json.id).toBe(id);
    expect((await state(id)).passwordChangePending).toBe(true);
    expect((await post(id, 'change-password')).status).toBe(400);
    expect(await password(id)).toBe('Secret-password-1');
    fixture.simulator.admin.completePasswordChanges();
    expect(await password(id)).toBe('Next-password-1');
    expect((await get(id)).json.lastPasswordChangeAttempt).toMatch(/^2026-03-01T/);
  });

  test('fails, is stopped, or is refused for a template that cannot', async () => {
    const id = await secretWith({});
    await post(id, 'change-password');
    fixture.simulator.admin.completePasswordChanges('fail');
    expect((await get(id)).json).toMatchObject({ isOutOfSync: true, failedPasswordChangeAttempts: 1 });
    expect(await password(id)).toBe('Secret-password-1');
    await post(id, 'change-password');
    expect((await post(id, 'stop-password-change')).json).toEqual({ success: true });
    expect((await post(id, 'stop-password-change')).json).toEqual({ success: false });
    const items = ['resource', 'username', 'password'].map((slug) => ({ slug, itemValue: 'x' }));
    const plain = await secretWith({ secretTemplateId: PASSWORD_TEMPLATE, items });
    expect((await post(plain, 'change-password')).status).toBe(400);
    expect((await post(plain, 'heartbeat')).status).toBe(200);
    expect((await post(plain, 'expire')).json.daysUntilExpiration).toBe(0);
  });
});
