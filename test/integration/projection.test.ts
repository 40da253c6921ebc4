import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account, AccountEvent } from '../../contracts/account.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { FINAL_STATES } from '../../contracts/lifecycle.ts';
import type { User } from '../../contracts/permissions.ts';
import { projectTransition, reserveAccountName, restoreAccount } from '../../db/project-account.ts';
import {
  findAccount,
  findAccountsByIds,
  listAccountEvents,
  listAccounts,
  oldestQueued,
  type AccountFilter,
} from '../../db/queries/accounts.ts';
import { isNameReserved } from '../../db/queries/names.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sampleAccount, sampleApproval, sampleEvent } from '../support/projection-samples.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const T0 = '2026-01-31T12:00:00.123Z';
const T1 = '2026-02-01T08:30:00.000Z';
const T2 = '2026-02-02T00:00:00.999Z';

const reservation = (overrides: { accountId?: string; domain?: string; samAccountName?: string } = {}) => ({
  accountId: randomUUID(),
  domain: 'corp.example.com',
  samAccountName: `svc-${randomUUID().slice(0, 8)}`,
  templateId: randomUUID(),
  reservedAt: T0,
  ...overrides,
});

/** Records that `account` has come to be as it is. */
const project = (account: Account, event: Partial<AccountEvent> = {}) =>
  projectTransition(database.db, { account, events: [sampleEvent(account, event)] }, T2);

const caller = (name: string, overrides: Partial<User> = {}): User => ({
  name,
  role: 'owner',
  groups: [],
  standsFor: [],
  ...overrides,
});

/** Every field filled, so that a column that is forgotten shows. */
const provisionedAccount = (submitted: Account): Account => ({
  ...submitted,
  state: 'active',
  sequence: 4,
  blocked: { code: 'VaultSealed', since: T1, step: 'apply-expiry', message: 'The vault is sealed.', retrying: true },
  description: 'Pays people “in time”, \\ {and} "well"',
  owners: ['rita', 'o"laf', 'x,y', '{}', 'null'],
  approval: {
    ...submitted.approval,
    openStep: 2,
    quorumLostAt: T1,
    votes: [{ step: 0, approver: 'zoe', seat: 'anna', decision: 'approve', reason: null, at: T1 }],
  },
  ownerGroups: ['Payroll team', 'a, "b"'],
  attributes: { displayName: 'Payroll', department: 'null' },
  endOfLife: 'delete',
  interval: 'P90D',
  startsAt: T1,
  ended: true,
  renewal: { returnTo: 'expired', requestedBy: 'rita', requestedAt: T1 },
  retirement: {
    requestedBy: 'system',
    requestedAt: T1,
    returnTo: 'disabled',
    final: false,
    undoUntil: T2,
    captured: {
      enabled: true,
      organizationalUnit: 'OU=Managed,DC=corp,DC=example,DC=com',
      groups: [{ objectGuid: 'c3d4', distinguishedName: 'CN=g,DC=corp,DC=example,DC=com' }],
      accountExpires: null,
    },
  },
  renewalOpensAt: T2,
  endsAt: T2,
  objectGuid: 'a1b2',
  objectSid: 'S-1-5-21-1',
  distinguishedName: 'CN=svc,OU=Managed,DC=corp,DC=example,DC=com',
  secret: { vaultPath: 'service-accounts/corp.example.com/svc', version: 2 },
});

test('a transition is readable exactly as it was recorded', async () => {
  const submitted = sampleAccount();
  await project(submitted);
  expect(await findAccount(database.db, submitted.id)).toEqual(submitted);

  const active = provisionedAccount(submitted);
  const event = sampleEvent(active, {
    type: 'provisioned',
    at: T1,
    detail: { reason: 'x', count: 1, ok: true, no: null },
  });
  await projectTransition(database.db, { account: active, events: [event] }, T2);
  expect(await findAccount(database.db, submitted.id)).toEqual(active);
  const { items } = await listAccountEvents(database.db, { accountId: submitted.id, limit: 10 });
  expect(items).toEqual([sampleEvent(submitted), event]);
});

test('an account that is not there is undefined', async () => {
  expect(await findAccount(database.db, randomUUID())).toBeUndefined();
});

test('a repeated or late transition changes nothing', async () => {
  const account = sampleAccount({ sequence: 3, state: 'approved' });
  await project(account, { type: 'approved', at: T1 });
  const late = { ...account, sequence: 2, state: 'submitted' as const };
  await project(late, { type: 'voted' });
  await project({ ...account, justification: 'another one' }, { type: 'approved', at: T2 });

  expect(await findAccount(database.db, account.id)).toEqual(account);
  const { items } = await listAccountEvents(database.db, { accountId: account.id, limit: 10 });
  expect(items.map(({ sequence, type, at }) => [sequence, type, at])).toEqual([
    [2, 'voted', T0],
    [3, 'approved', T1],
  ]);
});

test('transitions of one account recorded at the same instant end at the newest', async () => {
  const account = sampleAccount();
  const versions = Array.from({ length: 12 }, (_, index) => ({ ...account, sequence: index + 1 }));
  await Promise.all(versions.map((version) => project(version)));
  expect((await findAccount(database.db, account.id))?.sequence).toBe(12);
  const { items } = await listAccountEvents(database.db, { accountId: account.id, limit: 20 });
  expect(items.map((event) => event.sequence)).toEqual(versions.map((version) => version.sequence));
});

test('a transition whose event is refused leaves no row', async () => {
  const account = sampleAccount();
  const events = [sampleEvent(account), { ...sampleEvent(account), sequence: null as unknown as number }];
  await expect(projectTransition(database.db, { account, events }, T2)).rejects.toThrow('SQLSTATE 23502');
  expect(await findAccount(database.db, account.id)).toBeUndefined();
});

test('the events of one decision are recorded together, in their order', async () => {
  const account = sampleAccount({ sequence: 3, state: 'approved' });
  const voted = sampleEvent({ ...account, sequence: 2, state: 'submitted' }, { type: 'voted', at: T1 });
  const approved = sampleEvent(account, { type: 'approved', at: T1 });
  const decision = { account, events: [voted, approved] };
  await Promise.all([1, 2, 3].map(() => projectTransition(database.db, decision, T2)));
  expect((await listAccountEvents(database.db, { accountId: account.id, limit: 10 })).items).toEqual([voted, approved]);
});

describe('an account is visible', () => {
  const step = (
    users: string[],
    groups: string[],
    escalation: Account['approval']['steps'][0]['escalation'] = null,
  ) => ({
    name: 'Step',
    approvers: { users, groups },
    quorum: 1,
    deadline: escalation && 'P7D',
    escalation,
  });
  const account = sampleAccount({
    requester: 'vis-requester',
    owners: ['vis-owner'],
    ownerGroups: ['vis-owners'],
    approval: sampleApproval({
      steps: [
        step(['vis-approver'], ['vis-approvers'], { users: ['vis-boss'], groups: ['vis-bosses'] }),
        step(['vis-later'], []),
      ],
    }),
  });
  beforeAll(() => project(account));

  const sees = async (visibleTo: User, id = account.id) =>
    (await listAccounts(database.db, { visibleTo, limit: 100 })).items.filter((item) => item.id === id).length;
  const awayOf = (name: string, ...groups: string[]) => caller('vis-stand-in', { standsFor: [{ name, groups }] });

  test.each<[string, User, number]>([
    ['to its requester', caller('vis-requester'), 1],
    ['to its owner', caller('vis-owner'), 1],
    ['to a member of a group that owns it', caller('x', { groups: ['others', 'vis-owners'] }), 1],
    ['to an approver of any step', caller('vis-later'), 1],
    ['to a member of a group that is asked', caller('x', { groups: ['vis-approvers'] }), 1],
    ['to those of an escalation', caller('vis-boss'), 1],
    ['to a member of a group of an escalation', caller('x', { groups: ['vis-bosses'] }), 1],
    ['to who stands in for an approver', awayOf('vis-approver'), 1],
    ['to who stands in for a member of a group that is asked', awayOf('y', 'vis-approvers'), 1],
    ['not to who stands in for an owner', awayOf('vis-owner', 'vis-owners'), 0],
    ['not to a user who is called as a group is', caller('vis-owners'), 0],
    ['not to a stranger', caller('stranger', { groups: ['vis-owner'] }), 0],
    [
      'once to who is all of that',
      caller('vis-owner', {
        groups: ['vis-owners', 'vis-approvers'],
        standsFor: [{ name: 'vis-boss', groups: ['vis-bosses'] }],
      }),
      1,
    ],
  ])('%s', async (_who, visibleTo, times) => {
    expect(await sees(visibleTo)).toBe(times);
  });

  test('to the parties of its newest transition only', async () => {
    const moved = sampleAccount({ requester: 'vis-first', owners: ['vis-leaver'] });
    await project(moved);
    await project({ ...moved, sequence: 2, owners: ['vis-heir'] });
    expect(
      await Promise.all(['vis-first', 'vis-heir', 'vis-leaver'].map((name) => sees(caller(name), moved.id))),
    ).toEqual([1, 1, 0]);
  });

  test('page by page, with every filter', async () => {
    const owned = Array.from({ length: 7 }, (_, index) =>
      sampleAccount({
        requester: index % 2 === 0 ? 'page-one' : 'page-two',
        ownerGroups: index % 3 === 0 ? ['page-group'] : [],
        submittedAt: `2026-01-0${index + 1}T00:00:00.000Z`,
      }),
    );
    for (const one of owned) await project(one);
    const visibleTo = caller('page-one', { groups: ['page-group'] });
    const wanted = [6, 4, 3, 2, 0].map((index) => owned[index]!.id);
    const seen: string[] = [];
    let after: AccountFilter['after'];
    do {
      const page = await listAccounts(database.db, { visibleTo, state: 'submitted', after, limit: 2 });
      seen.push(...page.items.map(({ id }) => id));
      after = page.next;
    } while (after);
    expect(seen).toEqual(wanted);
    const { templateId } = owned[4]!;
    const found = await listAccounts(database.db, { visibleTo, templateId, templateVersion: 1, limit: 10 });
    expect(found.items.map(({ id }) => id)).toEqual([owned[4]!.id]);
    const mine = await listAccounts(database.db, { owner: 'olaf', templateId, limit: 10 });
    expect(mine.items).toEqual(found.items);
    expect((await listAccounts(database.db, { owner: 'page-one', limit: 10 })).items).toEqual([]);
  });
});

test('of many ids the accounts that exist are found', async () => {
  const [one, other] = [sampleAccount(), sampleAccount()];
  for (const account of [one, other]) await project(account);
  const found = await findAccountsByIds(database.db, [one.id, other.id, randomUUID()]);
  expect(found.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual(
    [one, other].toSorted((a, b) => a.id.localeCompare(b.id)),
  );
  expect(await findAccountsByIds(database.db, [])).toEqual([]);
});

test('an account is queued while its engine is away, whatever its state, and not while it waits for a person', async () => {
  const domain = 'queue.example.com';
  const queued = async () => (await oldestQueued(database.db)).filter((one) => one.domain === domain);
  const block = (code: ErrorCode, since: string): Account['blocked'] => {
    return { code, since, step: 'disable-account', message: 'It waits.', retrying: true };
  };
  const ofAnEngine = sampleAccount({ domain, state: 'active', blocked: block('EngineOffline', T2) });
  const ofAPerson = sampleAccount({ domain, state: 'approved', blocked: block('DirectoryNameConflict', T1) });
  for (const account of [ofAnEngine, ofAPerson]) await project(account, { type: 'blocked', at: T2 });
  await project(sampleAccount({ domain, state: 'approved' }), { at: T1 });
  expect(await queued()).toEqual([{ domain, since: T2 }]);

  const older = sampleAccount({ domain, state: 'retiring', blocked: block('EngineTimeout', T1) });
  await project(older, { type: 'blocked', at: T2 });
  expect(await queued()).toEqual([{ domain, since: T1 }]);

  for (const account of [ofAnEngine, older]) {
    await project({ ...account, blocked: null, sequence: account.sequence + 1 }, { type: 'unblocked', at: T2 });
  }
  expect(await queued()).toEqual([]);
});

test('a name is taken once per domain, whatever its case', async () => {
  const first = reservation({ samAccountName: 'svc-Payroll' });
  expect(await reserveAccountName(database.db, first)).toBe('reserved');
  expect(await reserveAccountName(database.db, first)).toBe('reserved');
  expect(await reserveAccountName(database.db, reservation({ samAccountName: 'SVC-payroll' }))).toBe('taken');
  const elsewhere = reservation({ samAccountName: 'svc-payroll', domain: 'lab.example.com' });
  expect(await reserveAccountName(database.db, elsewhere)).toBe('reserved');
});

test('an account has one name: asking for another one is refused', async () => {
  const first = reservation();
  await reserveAccountName(database.db, first);
  expect(await reserveAccountName(database.db, { ...first, samAccountName: 'svc-other' })).toBe('taken');
});

test('of many reservations of one name at the same instant exactly one wins', async () => {
  for (let round = 0; round < 10; round += 1) {
    const samAccountName = `svc-race-${round}`;
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => reserveAccountName(database.db, reservation({ samAccountName }))),
    );
    expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(1);
  }
});

test.each(FINAL_STATES)('the final state %s frees the name, and only that', async (state) => {
  const samAccountName = `svc-freed-${state}`;
  const held = reservation({ samAccountName });
  await reserveAccountName(database.db, held);
  const account = sampleAccount({ id: held.accountId, samAccountName });
  await project(account);
  const next = reservation({ samAccountName });
  expect(await reserveAccountName(database.db, next)).toBe('taken');
  expect(await isNameReserved(database.db, next)).toBe(true);

  await project({ ...account, sequence: 2, state }, { at: T1 });
  expect(await isNameReserved(database.db, next)).toBe(false);
  expect(await reserveAccountName(database.db, next)).toBe('reserved');
  expect(await reserveAccountName(database.db, held)).toBe('taken');
});

test('a quarantined account keeps its name: it may come back', async () => {
  const account = sampleAccount({ state: 'quarantined', sequence: 9 });
  await project(account);
  expect(await isNameReserved(database.db, account)).toBe(true);
});

test('replaying recorded transitions into empty tables restores rows and reservations, in any order of accounts', async () => {
  const before = sampleAccount({ samAccountName: 'svc-again' });
  const retired = { ...before, sequence: 2, state: 'retired' as const };
  const successor = sampleAccount({ samAccountName: 'SVC-again' });
  const transitions = [successor, before, retired].map((account) => ({ account, events: [sampleEvent(account)] }));
  await database.run('truncate account_events, account_parties, accounts, name_reservations');
  for (const transition of [...transitions, ...transitions]) await projectTransition(database.db, transition, T2);

  expect(await findAccount(database.db, before.id)).toEqual(retired);
  expect(await findAccount(database.db, successor.id)).toEqual(successor);
  const names = await database.run('select account_id, released_at is null as held from name_reservations order by 2');
  expect(names).toEqual([
    { account_id: before.id, held: false },
    { account_id: successor.id, held: true },
  ]);
});

test('a name is held again by the first transition that comes after a loss, whichever that is', async () => {
  const account = sampleAccount({ samAccountName: 'svc-goes-on', state: 'approved', sequence: 3 });
  const submitted = { ...account, sequence: 1, state: 'submitted' as const };
  await project(account, { type: 'approved' });
  await project(submitted);
  expect(await reserveAccountName(database.db, reservation({ samAccountName: 'svc-goes-on' }))).toBe('taken');
});

test('an account that was handed on is restored without its events, and never over a newer row', async () => {
  const account = sampleAccount({ state: 'active', sequence: 7, startsAt: T1 });
  await restoreAccount(database.db, account);
  expect(await findAccount(database.db, account.id)).toEqual(account);
  expect(await reserveAccountName(database.db, reservation({ samAccountName: account.samAccountName }))).toBe('taken');

  const renewed = { ...account, sequence: 8, endsAt: T2 };
  await project(renewed, { type: 'renewed' });
  await restoreAccount(database.db, account);
  expect(await findAccount(database.db, account.id)).toEqual(renewed);
  const { items } = await listAccountEvents(database.db, { accountId: account.id, limit: 10 });
  expect(items.map((event) => event.sequence)).toEqual([8]);
});
