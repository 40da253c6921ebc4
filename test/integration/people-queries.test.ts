/** Users, groups and delegations in a real database: who may call, for whom, and who can decide. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDelegation, endDelegation, findDelegation, listDelegations } from '../../db/queries/delegations.ts';
import {
  createGroup,
  findGroup,
  findGroupsByNames,
  listGroups,
  setGroupDisabled,
  setGroupMembers,
} from '../../db/queries/groups.ts';
import { activeMembersOf, findActiveUsers, findDeciders } from '../../db/queries/people.ts';
import {
  createUser,
  findUser,
  findUserByDirectoryAccount,
  findUserByTokenHash,
  findUsersByNames,
  groupsOfUser,
  hasAdministrator,
  listUsers,
  replaceToken,
  setUserDisabled,
  updateUser,
  type NewUser,
} from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const createdAt = '2026-01-31T12:00:00.123Z';
const NOW = '2026-02-10T00:00:00.000Z';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.run('truncate users, groups, group_members, delegations cascade'));

const user = (name: string, overrides: Partial<NewUser> = {}): NewUser => ({
  name,
  role: 'approver',
  tokenHash: `hash of ${name}`,
  createdAt,
  ...overrides,
});

async function users(...names: string[]): Promise<void> {
  for (const name of names) await createUser(database.db, user(name));
}

const group = (name: string, ...members: string[]) => createGroup(database.db, { name, members, createdAt });

const away = (delegator: string, delegate: string, startsAt = '2026-02-01', endsAt = '2026-03-01') =>
  createDelegation(database.db, {
    id: randomUUID(),
    delegator,
    delegate,
    startsAt: `${startsAt}T00:00:00.000Z`,
    endsAt: `${endsAt}T00:00:00.000Z`,
  });

describe('users', () => {
  test('there is an administrator from the first enabled one on', async () => {
    const { db } = database;
    expect(await hasAdministrator(db)).toBe(false);
    await createUser(db, user('ada', { role: 'administrator' }));
    expect(await hasAdministrator(db)).toBe(true);
    await setUserDisabled(db, 'ada', true);
    expect(await hasAdministrator(db)).toBe(false);
  });

  test('a name is given once; the first user keeps role and token', async () => {
    const { db } = database;
    expect(await createUser(db, user('rita', { role: 'requester' }))).toBe('created');
    const second = user('rita', { role: 'administrator', tokenHash: 'another' });
    expect(await createUser(db, second)).toBe('name-taken');
    expect(await findUser(db, 'rita')).toEqual({
      name: 'rita',
      role: 'requester',
      disabled: false,
      emails: [],
      directoryAccount: null,
      createdAt,
    });
    expect(await findUserByTokenHash(db, 'another', NOW)).toBeUndefined();
  });

  test('addresses and the account in the directory can be changed; the account is one user’s', async () => {
    const { db } = database;
    const directoryAccount = { domain: 'corp.example.com', samAccountName: 'Rita.R' };
    await createUser(db, user('rita', { emails: ['r@example.com', 'x,"y"@example.com'], directoryAccount }));
    await users('olaf');
    expect(await findUser(db, 'rita')).toMatchObject({
      emails: ['r@example.com', 'x,"y"@example.com'],
      directoryAccount,
    });
    const taken = { domain: 'corp.example.com', samAccountName: 'rita.r' };
    expect(await updateUser(db, 'olaf', { directoryAccount: taken })).toBe('directory-account-taken');
    expect(await createUser(db, user('eva', { directoryAccount: taken }))).toBe('directory-account-taken');
    expect((await findUserByDirectoryAccount(db, taken))?.name).toBe('rita');
    const abroad = { ...taken, domain: 'lab.example.com' };
    expect(await updateUser(db, 'olaf', { directoryAccount: abroad, emails: ['o@example.com'] })).toBe('changed');
    expect(await updateUser(db, 'rita', { role: 'owner', directoryAccount: null })).toBe('changed');
    expect(await findUser(db, 'rita')).toMatchObject({ role: 'owner', directoryAccount: null, emails: { length: 2 } });
    expect(await findUserByDirectoryAccount(db, taken)).toBeUndefined();
    expect(await updateUser(db, 'rita', {})).toBe('changed');
    expect(await updateUser(db, 'nobody', { role: 'owner' })).toBe('missing');
  });

  test('a new token takes the place of the old one', async () => {
    const { db } = database;
    await users('rita');
    expect(await replaceToken(db, 'rita', 'newer-hash')).toBe(true);
    expect(await findUserByTokenHash(db, 'hash of rita', NOW)).toBeUndefined();
    expect((await findUserByTokenHash(db, 'newer-hash', NOW))?.name).toBe('rita');
    expect(await replaceToken(db, 'nobody', 'x')).toBe(false);
    expect(await setUserDisabled(db, 'nobody', true)).toBe(false);
  });

  test('of many names those that exist are found, and pages hold every user once, without the hashes', async () => {
    const { db } = database;
    await users('rita', 'ada');
    const found = await findUsersByNames(db, ['rita', 'nobody', 'ada']);
    expect(found.map(({ name }) => name).sort()).toEqual(['ada', 'rita']);
    expect(await findUsersByNames(db, [])).toEqual([]);
    const first = await listUsers(db, { limit: 1 });
    expect(first.items.map(({ name }) => name)).toEqual(['ada']);
    expect(JSON.stringify(first)).not.toContain('hash of');
    const second = await listUsers(db, { after: first.next, limit: 1 });
    expect(second.items.map(({ name }) => name)).toEqual(['rita']);
    expect(second.next).toBeUndefined();
  });
});

describe('who calls', () => {
  const caller = async (name: string, now = NOW) => findUserByTokenHash(database.db, `hash of ${name}`, now);

  test('comes with their enabled groups', async () => {
    await users('anna', 'ben');
    await group('Zoo', 'anna', 'ben');
    await group('Leads', 'anna');
    await group('Old', 'anna');
    await setGroupDisabled(database.db, 'Old', true);
    expect(await caller('anna')).toEqual({
      name: 'anna',
      role: 'approver',
      disabled: false,
      groups: ['Leads', 'Zoo'],
      standsFor: [],
    });
    expect((await caller('ben'))?.groups).toEqual(['Zoo']);
    expect(await groupsOfUser(database.db, 'anna')).toEqual(['Leads', 'Zoo']);
  });

  test('comes with the active users they stand in for now, and their enabled groups', async () => {
    await users('anna', 'ben', 'carl', 'dora', 'zoe');
    await group('Leads', 'anna', 'ben');
    for (const delegator of ['ben', 'anna', 'carl', 'dora']) await away(delegator, 'zoe');
    await away('anna', 'zoe', '2026-02-05');
    await setUserDisabled(database.db, 'carl', true);
    const { items } = await listDelegations(database.db, { delegator: 'dora', limit: 1 });
    await endDelegation(database.db, { id: items[0]!.id, delegator: 'dora', endedAt: NOW });
    const standsFor = ['anna', 'ben'].map((name) => ({ name, groups: ['Leads'] }));
    expect(await caller('zoe')).toMatchObject({ name: 'zoe', groups: [], standsFor });
    expect((await caller('anna'))?.standsFor).toEqual([]);
  });

  test.each([
    ['not a moment before it starts', '2026-01-31T23:59:59.999Z', false],
    ['from its start on', '2026-02-01T00:00:00.000Z', true],
    ['until its end', '2026-02-28T23:59:59.999Z', true],
    ['not at its end', '2026-03-01T00:00:00.000Z', false],
  ])('a delegation counts %s', async (_when, now, counts) => {
    await users('anna', 'zoe');
    await away('anna', 'zoe');
    expect((await caller('zoe', now))?.standsFor).toEqual(counts ? [{ name: 'anna', groups: [] }] : []);
  });

  test('a disabled one is found, and said to be disabled', async () => {
    await users('rita');
    await setUserDisabled(database.db, 'rita', true);
    expect((await caller('rita'))?.disabled).toBe(true);
  });
});

describe('groups', () => {
  test('a group is made once, of users only', async () => {
    const { db } = database;
    await users('ben', 'anna');
    expect(await group('Leads', 'ben', 'nobody', 'noone')).toEqual({
      outcome: 'unknown-users',
      names: ['nobody', 'noone'],
    });
    expect(await findGroup(db, 'Leads')).toBeUndefined();
    expect(await group('Leads', 'ben', 'anna')).toEqual({ outcome: 'created' });
    expect(await group('Leads')).toEqual({ outcome: 'name-taken' });
    const made = { name: 'Leads', disabled: false, members: ['anna', 'ben'], version: 1, createdAt };
    expect(await findGroup(db, 'Leads')).toEqual(made);
    await group('Empty');
    expect(await findGroupsByNames(db, ['Leads', 'None'])).toEqual([made]);
    const first = await listGroups(db, { limit: 1 });
    expect(first).toMatchObject({ items: [{ name: 'Empty', members: [] }], next: 'Empty' });
    expect(await listGroups(db, { after: first.next, limit: 1 })).toEqual({ items: [made] });
  });

  test('who joins and who leaves is told; of two changes at the same instant one must look again', async () => {
    const { db } = database;
    await users('anna', 'ben', 'carl', 'dora');
    await group('Leads', 'anna', 'ben');
    const aim = { name: 'Leads', expectedVersion: 1 };
    expect(await setGroupMembers(db, { ...aim, members: ['anna', 'nobody'] })).toEqual({
      outcome: 'unknown-users',
      names: ['nobody'],
    });
    const changed = { outcome: 'changed', version: 2, joined: ['carl', 'dora'], left: ['anna'] };
    expect(await setGroupMembers(db, { ...aim, members: ['ben', 'dora', 'carl'] })).toEqual(changed);
    expect(await setGroupMembers(db, { ...aim, members: [] })).toEqual({ outcome: 'conflict', version: 2 });
    expect((await findGroup(db, 'Leads'))?.members).toEqual(['ben', 'carl', 'dora']);
    const outcomes = await Promise.all(
      [[], ['anna'], ['ben']].map((members) => setGroupMembers(db, { name: 'Leads', expectedVersion: 2, members })),
    );
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'conflict', 'conflict']);
    expect(await setGroupMembers(db, { ...aim, name: 'None', members: [] })).toEqual({ outcome: 'missing' });
  });

  test('a group is disabled once, and keeps its members', async () => {
    const { db } = database;
    await users('anna');
    await group('Leads', 'anna');
    for (const disabled of [true, true, false, true]) expect(await setGroupDisabled(db, 'Leads', disabled)).toBe(true);
    expect(await findGroup(db, 'Leads')).toMatchObject({ disabled: true, version: 4, members: ['anna'] });
    expect(await setGroupDisabled(db, 'None', true)).toBe(false);
  });
});

describe('delegations', () => {
  test('are their delegator’s: found, listed and ended by nobody else', async () => {
    const { db } = database;
    await users('anna', 'ben', 'zoe');
    const delegation = { id: randomUUID(), delegator: 'anna', delegate: 'zoe', startsAt: createdAt, endsAt: NOW };
    expect(await createDelegation(db, delegation)).toBe('created');
    expect(await createDelegation(db, delegation)).toBe('exists');
    expect(await away('anna', 'nobody')).toBe('delegate-missing');
    await setUserDisabled(db, 'ben', true);
    expect(await away('anna', 'ben')).toBe('delegate-missing');
    expect(await findDelegation(db, delegation.id)).toEqual({ ...delegation, endedAt: null });

    const end = { id: delegation.id, delegator: 'anna', endedAt: NOW };
    expect(await endDelegation(db, { ...end, delegator: 'zoe' })).toBeUndefined();
    expect(await endDelegation(db, end)).toEqual({ ...delegation, endedAt: NOW });
    expect(await endDelegation(db, { ...end, endedAt: createdAt })).toEqual({ ...delegation, endedAt: NOW });

    await away('anna', 'zoe');
    await away('zoe', 'anna');
    const first = await listDelegations(db, { delegator: 'anna', limit: 1 });
    expect(first.items).toMatchObject([{ startsAt: '2026-02-01T00:00:00.000Z', endedAt: null }]);
    const second = await listDelegations(db, { delegator: 'anna', after: first.next, limit: 1 });
    expect(second).toEqual({ items: [{ ...delegation, endedAt: NOW }] });
  });
});

describe('people who are asked', () => {
  beforeEach(async () => {
    await users('anna', 'ben', 'carl', 'dora', 'eva', 'zoe');
    await group('Leads', 'ben', 'carl');
    await group('Off', 'dora');
    await setGroupDisabled(database.db, 'Off', true);
    await setUserDisabled(database.db, 'carl', true);
  });
  const asked = { users: ['anna', 'nobody'], groups: ['Leads', 'Off', 'None'] };

  test('the active ones are found: by name, and in enabled groups', async () => {
    const { db } = database;
    expect(await findActiveUsers(db, asked)).toEqual(['anna', 'ben']);
    expect(await findActiveUsers(db, { users: ['carl'], groups: [] })).toEqual([]);
    expect(await findActiveUsers(db, { users: [], groups: [] })).toEqual([]);
    expect(await activeMembersOf(db, ['Leads', 'Off', 'None'])).toEqual([{ group: 'Leads', members: ['ben'] }]);
  });

  test('each is present, or away with active and present delegates', async () => {
    const { db } = database;
    const at = (now: string) => findDeciders(db, asked, now);
    expect(await at(NOW)).toEqual(['anna', 'ben'].map((name) => ({ name, present: true, delegates: [] })));
    for (const delegate of ['zoe', 'eva', 'dora']) await away('anna', delegate);
    await away('eva', 'zoe');
    await setUserDisabled(db, 'dora', true);
    expect((await at(NOW))[0]).toEqual({ name: 'anna', present: false, delegates: ['zoe'] });
    expect((await at('2026-03-01T00:00:00.000Z'))[0]).toEqual({ name: 'anna', present: true, delegates: [] });
    await setUserDisabled(db, 'zoe', true);
    expect((await at(NOW))[0]).toEqual({ name: 'anna', present: false, delegates: [] });
  });
});
