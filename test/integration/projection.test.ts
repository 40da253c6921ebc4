import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { projectTransition, reserveAccountName, restoreAccount } from '../../db/project-account.ts';
import { findAccount, listAccountEvents, listAccounts, oldestQueued } from '../../db/queries/accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sampleAccount, sampleEvent } from '../support/projection-samples.ts';

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
  reservedAt: T0,
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
    votes: [{ step: 0, approver: 'anna', decision: 'approve', reason: null, at: T1 }],
  },
  endOfLife: 'delete',
  startsAt: T1,
  remindAt: T1,
  renewalOpensAt: T2,
  endsAt: T2,
  objectGuid: 'a1b2',
  objectSid: 'S-1-5-21-1',
  distinguishedName: 'CN=svc,OU=Managed,DC=corp,DC=example,DC=com',
  secret: { vaultPath: 'service-accounts/corp.example.com/svc', version: 2 },
});

test('a transition is readable exactly as it was recorded', async () => {
  const submitted = sampleAccount();
  await projectTransition(database.db, { account: submitted, event: sampleEvent(submitted) });
  expect(await findAccount(database.db, submitted.id)).toEqual(submitted);

  const active = provisionedAccount(submitted);
  const event = sampleEvent(active, {
    type: 'provisioned',
    at: T1,
    detail: { reason: 'x', count: 1, ok: true, no: null },
  });
  await projectTransition(database.db, { account: active, event });
  expect(await findAccount(database.db, submitted.id)).toEqual(active);
  const { items } = await listAccountEvents(database.db, { accountId: submitted.id, limit: 10 });
  expect(items).toEqual([sampleEvent(submitted), event]);
});

test('an account that is not there is undefined', async () => {
  expect(await findAccount(database.db, randomUUID())).toBeUndefined();
});

test('a repeated or late transition changes nothing', async () => {
  const account = sampleAccount({ sequence: 3, state: 'approved' });
  await projectTransition(database.db, { account, event: sampleEvent(account, { type: 'approved', at: T1 }) });
  const late = { ...account, sequence: 2, state: 'submitted' as const };
  await projectTransition(database.db, { account: late, event: sampleEvent(late, { type: 'voted' }) });
  await projectTransition(database.db, {
    account: { ...account, justification: 'another one' },
    event: sampleEvent(account, { type: 'approved', at: T2 }),
  });

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
  await Promise.all(
    versions.map((version) => projectTransition(database.db, { account: version, event: sampleEvent(version) })),
  );
  expect((await findAccount(database.db, account.id))?.sequence).toBe(12);
  const { items } = await listAccountEvents(database.db, { accountId: account.id, limit: 20 });
  expect(items.map((event) => event.sequence)).toEqual(versions.map((version) => version.sequence));
});

test('a transition whose event is refused leaves no row', async () => {
  const account = sampleAccount();
  const event = { ...sampleEvent(account), at: null as unknown as string };
  await expect(projectTransition(database.db, { account, event })).rejects.toThrow('SQLSTATE 23502');
  expect(await findAccount(database.db, account.id)).toBeUndefined();
});

test('an account is visible to the parties of its newest transition', async () => {
  const account = sampleAccount({ requester: 'vis-requester', owners: ['vis-owner'] });
  await projectTransition(database.db, { account, event: sampleEvent(account) });
  const moved = { ...account, sequence: 2, owners: ['vis-heir'] };
  await projectTransition(database.db, { account: moved, event: sampleEvent(moved) });

  const sees = async (visibleTo: string) =>
    (await listAccounts(database.db, { visibleTo, limit: 100 })).items.some((item) => item.id === account.id);
  expect(await Promise.all(['vis-requester', 'vis-heir', 'cleo', 'vis-owner', 'stranger'].map(sees))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('the age of a queued step counts from the entry into the state', async () => {
  const domain = 'queue.example.com';
  const approved = sampleAccount({ domain, state: 'approved', sequence: 2 });
  await projectTransition(database.db, { account: approved, event: sampleEvent(approved, { at: T1 }) });
  const blocked = { ...approved, sequence: 3 };
  await projectTransition(database.db, { account: blocked, event: sampleEvent(blocked, { type: 'blocked', at: T2 }) });
  const queuedIn = async () => (await oldestQueued(database.db)).filter((queued) => queued.domain === domain);
  expect(await queuedIn()).toEqual([{ domain, since: T1 }]);

  const active = { ...approved, state: 'active' as const, sequence: 4 };
  await projectTransition(database.db, { account: active, event: sampleEvent(active, { at: T2 }) });
  expect(await queuedIn()).toEqual([]);
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

test('a final state frees the name, and only that', async () => {
  const held = reservation({ samAccountName: 'svc-freed' });
  await reserveAccountName(database.db, held);
  const account = sampleAccount({ id: held.accountId, samAccountName: 'svc-freed' });
  await projectTransition(database.db, { account, event: sampleEvent(account) });
  const next = reservation({ samAccountName: 'svc-freed' });
  expect(await reserveAccountName(database.db, next)).toBe('taken');

  const rejected = { ...account, sequence: 2, state: 'rejected' as const };
  await projectTransition(database.db, { account: rejected, event: sampleEvent(rejected, { at: T1 }) });
  expect(await reserveAccountName(database.db, next)).toBe('reserved');
  expect(await reserveAccountName(database.db, held)).toBe('taken');
});

test('replaying recorded transitions into empty tables restores rows and reservations, in any order of accounts', async () => {
  const before = sampleAccount({ samAccountName: 'svc-again' });
  const retired = { ...before, sequence: 2, state: 'retired' as const };
  const successor = sampleAccount({ samAccountName: 'SVC-again' });
  const transitions = [successor, before, retired].map((account) => ({ account, event: sampleEvent(account) }));
  await database.run('truncate account_events, account_parties, accounts, name_reservations');
  for (const transition of [...transitions, ...transitions]) await projectTransition(database.db, transition);

  expect(await findAccount(database.db, before.id)).toEqual(retired);
  expect(await findAccount(database.db, successor.id)).toEqual(successor);
  const names = await database.run('select account_id, released_at from name_reservations where released_at is null');
  expect(names.map((row) => row['account_id'])).toEqual([successor.id]);
});

test('an account that was handed on is restored without its events, and never over a newer row', async () => {
  const account = sampleAccount({ state: 'active', sequence: 7, startsAt: T1 });
  await restoreAccount(database.db, account);
  expect(await findAccount(database.db, account.id)).toEqual(account);
  expect(await reserveAccountName(database.db, reservation({ samAccountName: account.samAccountName }))).toBe('taken');

  const renewed = { ...account, sequence: 8, endsAt: T2 };
  await projectTransition(database.db, { account: renewed, event: sampleEvent(renewed, { type: 'renewed' }) });
  await restoreAccount(database.db, account);
  expect(await findAccount(database.db, account.id)).toEqual(renewed);
  const { items } = await listAccountEvents(database.db, { accountId: account.id, limit: 10 });
  expect(items.map((event) => event.sequence)).toEqual([8]);
});
