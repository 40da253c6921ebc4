/** The outbox in a real database: who is told, once each, whatever is repeated. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPlatformActivities } from '../../activities/platform/activities.ts';
import type { NotifyInput, PlatformActivities, RecordTransitionInput } from '../../contracts/activities.ts';
import type { Account } from '../../contracts/account.ts';
import type { Audience } from '../../contracts/notices.ts';
import { createDelegation } from '../../db/queries/delegations.ts';
import { createGroup, setGroupDisabled } from '../../db/queries/groups.ts';
import { listNotices, type NoticeFilter } from '../../db/queries/notices.ts';
import { createUser, setUserDisabled } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sampleAccount, sampleApproval, sampleEvent } from '../support/projection-samples.ts';
import { quietLogger } from '../support/quiet-runtime.ts';

const NOW = '2026-02-10T00:00:00.000Z';
const DUE = '2026-02-01T00:00:00.000Z';

let database: TestDatabase;
let activities: PlatformActivities;
beforeAll(async () => {
  database = await createTestDatabase();
  activities = createPlatformActivities({ db: database.db, clock: () => new Date(NOW) });
  await makePeople();
});
afterAll(() => database.drop());

async function makePeople(): Promise<void> {
  const { db } = database;
  const emails: Record<string, string[]> = {
    rita: ['rita@example.com'],
    olaf: ['olaf@example.com', 'olaf@example.org'],
    otto: ['team@example.com'],
    olga: ['team@example.com'],
  };
  const names = ['rita', 'olaf', 'otto', 'olga', 'anna', 'ben', 'cleo', 'boss', 'zoe', 'gone'];
  for (const name of names) {
    await createUser(db, { name, role: 'owner', tokenHash: name, createdAt: NOW, emails: emails[name] ?? [] });
  }
  for (const name of ['ada', 'eva']) {
    await createUser(db, { name, role: 'administrator', tokenHash: name, createdAt: NOW });
  }
  for (const name of ['gone', 'eva']) await setUserDisabled(db, name, true);
  await createGroup(db, { name: 'Owners', members: ['otto', 'olga', 'gone'], createdAt: NOW });
  await createGroup(db, { name: 'Leads', members: ['ben', 'rita'], createdAt: NOW });
  await createGroup(db, { name: 'Off', members: ['cleo'], createdAt: NOW });
  await setGroupDisabled(db, 'Off', true);
  const period = { startsAt: '2026-02-01T00:00:00.000Z', endsAt: '2026-03-01T00:00:00.000Z' };
  for (const [delegator, delegate] of [
    ['anna', 'zoe'],
    ['rita', 'zoe'],
    ['olaf', 'zoe'],
    ['ben', 'rita'],
  ] as const) {
    await createDelegation(db, { id: randomUUID(), delegator, delegate, ...period });
  }
}

function account(overrides: Partial<Account> = {}): Account {
  const step = {
    name: 'Lead',
    approvers: { users: ['anna', 'gone', 'rita'], groups: ['Leads', 'Off'] },
    quorum: 1,
    deadline: 'P7D',
    escalation: { users: ['boss'], groups: [] },
  };
  return sampleAccount({
    requester: 'rita',
    owners: ['rita', 'olaf', 'gone'],
    ownerGroups: ['Owners'],
    approval: sampleApproval({ steps: [step] }),
    ...overrides,
  });
}

type Notice = NotifyInput['notices'][number];

const notice = (audiences: Audience[], overrides: Partial<Notice> = {}): Notice => ({
  kind: 'ended',
  dueAt: DUE,
  audiences,
  detail: { endsAt: DUE },
  ...overrides,
});

/** Asks the activity, as often as there are inputs, at the same instant. */
const notify = (of: Account, notices: Notice[], times = 1) =>
  Promise.all(
    Array.from({ length: times }, () =>
      new MockActivityEnvironment({}, { logger: quietLogger }).run(activities.notify, { account: of, notices }),
    ),
  );

async function outboxOf({ id: accountId }: Account, filter: Partial<NoticeFilter> = {}) {
  const { items } = await listNotices(database.db, { accountId, limit: 1_000, ...filter });
  return items.map(({ recipient, address }) => `${recipient} ${address}`).sort();
}

describe('who is told', () => {
  test.each<[string, Audience[], string[]]>([
    ['the requester', ['requester'], ['rita rita@example.com']],
    [
      'the owners and the members of groups that own, at all their addresses, and an address once',
      ['owners'],
      ['olaf olaf@example.com', 'olaf olaf@example.org', 'olga team@example.com', 'rita rita@example.com'],
    ],
    [
      'those who are asked and who stands in for them, but not the requester',
      ['open-step'],
      ['anna user:anna', 'ben user:ben', 'zoe user:zoe'],
    ],
    ['those of the escalation', ['escalation'], ['boss user:boss']],
    ['the administrators who are active', ['administrators'], ['ada user:ada']],
    ['several, each once', ['requester', 'administrators'], ['ada user:ada', 'rita rita@example.com']],
  ])('%s', async (_who, audiences, told) => {
    const one = account();
    await notify(one, [notice(audiences)]);
    expect(await outboxOf(one)).toEqual(told);
  });

  test('administrators in the place of owners of whom none is active', async () => {
    const one = account({ owners: ['gone'], ownerGroups: [], ownerMissingSince: NOW });
    await notify(one, [notice(['owners'])]);
    expect(await outboxOf(one)).toEqual(['ada user:ada']);
  });

  test('in the round of a renewal who asked for it takes the place of the requester', async () => {
    const renewal = { requestedBy: 'olaf', requestedAt: DUE, returnTo: 'active' as const };
    const one = account();
    const round = (users: string[]) => {
      const steps = one.approval.steps.map((step) => ({ ...step, approvers: { users, groups: [] } }));
      return sampleApproval({ purpose: 'renewal', steps });
    };
    const renewed = account({ state: 'renewing', renewal, approval: round(['rita', 'olaf']) });
    await notify(renewed, [notice(['open-step'])]);
    // Zoe stands in for rita, who is away; for olaf nobody does.
    expect(await outboxOf(renewed)).toEqual(['rita rita@example.com', 'zoe user:zoe']);
    const lost = account({ state: 'renewing', renewal, approval: round(['olaf']) });
    await notify(lost, [notice(['open-step'], { kind: 'approval-needed' })]);
    await notify(lost, [notice(['requester', 'administrators'], { kind: 'quorum-lost' })]);
    const { items } = await listNotices(database.db, { accountId: lost.id, limit: 10 });
    expect(items.map(({ kind, address }) => `${kind} ${address}`).sort()).toEqual([
      'quorum-lost olaf@example.com',
      'quorum-lost olaf@example.org',
      'quorum-lost user:ada',
    ]);
  });

  test('after an escalation both', async () => {
    const one = account();
    const escalated = { ...one, approval: { ...one.approval, escalated: true } };
    await notify(escalated, [notice(['open-step'])]);
    expect(await outboxOf(escalated)).toContain('boss user:boss');
    expect(await outboxOf(escalated)).toContain('anna user:anna');
  });
});

test('a notice is in the outbox as it was asked for, once, however often and at the same instant', async () => {
  const one = account();
  const two = [notice(['requester', 'owners']), notice(['requester'], { kind: 'provisioned' })];
  await notify(one, two, 5);
  await notify(one, two);
  expect(await outboxOf(one)).toHaveLength(5);
  const { items } = await listNotices(database.db, { accountId: one.id, kind: 'provisioned', limit: 10 });
  expect(items).toEqual([
    {
      id: expect.stringMatching(/^\d+$/),
      templateId: null,
      domain: null,
      accountId: one.id,
      kind: 'provisioned',
      dueAt: DUE,
      recipient: 'rita',
      address: 'rita@example.com',
      detail: { endsAt: DUE },
      createdAt: NOW,
      sentAt: null,
    },
  ]);
});

test('notices of one kind that were due at different times are different ones', async () => {
  const one = account();
  const times = Array.from({ length: 1_500 }, (_, hour) => new Date(Date.parse(DUE) + hour * 3_600_000).toISOString());
  await notify(
    one,
    times.map((dueAt) => notice(['requester', 'administrators'], { dueAt })),
  );
  const [row] = await database.run('select count(*)::int as n from notices where account_id = $1', [one.id]);
  expect(row!['n']).toBe(3_000);
});

test('notices are recorded with their transition or not at all; a repeated transition tells nobody again', async () => {
  const one = account();
  const transition = { account: one, events: [sampleEvent(one)], notices: [notice(['requester'])] };
  const record = (input: RecordTransitionInput) =>
    new MockActivityEnvironment({}, { logger: quietLogger }).run(activities.recordTransition, input);
  const broken = { ...transition, events: [sampleEvent(one, { actor: 'x\u0000' })] };
  await expect(record(broken)).rejects.toThrow('SQLSTATE 22021');
  expect(await outboxOf(one)).toEqual([]);
  await Promise.all([record(transition), record(transition)]);
  await database.run(`update notices set sent_at = now() where account_id = $1`, [one.id]);
  await record(transition);
  expect(await outboxOf(one)).toEqual(['rita rita@example.com']);
});

test('two events of one instant tell twice, also of the same', async () => {
  const first = account({ sequence: 4 });
  const changed = (one: Account, after: string) => ({
    account: one,
    events: [sampleEvent(one, { type: 'owners-changed' as const, at: DUE })],
    notices: [notice(['requester'], { kind: 'owners-changed', detail: { after } })],
  });
  for (const input of [changed(first, 'olaf'), changed({ ...first, sequence: 5 }, 'olga')]) {
    await new MockActivityEnvironment({}, { logger: quietLogger }).run(activities.recordTransition, input);
  }
  const { items } = await listNotices(database.db, { accountId: first.id, limit: 10 });
  expect(items.map(({ detail, dueAt }) => [detail, dueAt])).toEqual([
    [{ after: 'olga' }, DUE],
    [{ after: 'olaf' }, DUE],
  ]);
});

test('approvers who stay when others are put beside them are not asked again; those of another step of that instant are', async () => {
  const record = (one: Account) =>
    new MockActivityEnvironment({}, { logger: quietLogger }).run(activities.recordTransition, {
      account: one,
      events: [sampleEvent(one)],
      notices: [notice(['open-step'], { kind: 'approval-needed' })],
    });
  const asking = (users: string[]) => ({
    name: 'Step',
    approvers: { users, groups: [] },
    quorum: 1,
    deadline: null,
    escalation: null,
  });
  const one = account({ sequence: 1, approval: sampleApproval({ steps: [asking(['ben']), asking(['ben'])] }) });
  const replaced = { ...one.approval, steps: [asking(['ben', 'boss']), asking(['ben'])] };
  await record(one);
  await record({ ...one, sequence: 2, approval: replaced });
  expect(await outboxOf(one)).toEqual(['ben user:ben', 'boss user:boss']);
  await record({ ...one, sequence: 3, approval: { ...replaced, openStep: 1 } });
  expect(await outboxOf(one)).toEqual(['ben user:ben', 'ben user:ben', 'boss user:boss']);
});

test('an outage that blocks accounts of a domain is told to the administrators once an hour and cause', async () => {
  const domain = `${randomUUID()}.example.test`;
  const blocked = async (code: string, at: string) => {
    const one = account({ domain });
    await new MockActivityEnvironment({}, { logger: quietLogger }).run(activities.recordTransition, {
      account: one,
      events: [sampleEvent(one, { type: 'blocked', at, detail: { code, step: 'promote-credential', retrying: true } })],
      notices: [],
    });
  };
  await blocked('EngineOffline', '2026-02-10T00:05:00.000Z');
  await blocked('EngineOffline', '2026-02-10T00:55:00.000Z');
  await blocked('VaultSealed', '2026-02-10T00:56:00.000Z');
  await blocked('DirectoryUnavailable', '2026-02-10T00:57:00.000Z');
  await blocked('EngineOffline', '2026-02-10T01:00:00.000Z');
  const { items } = await listNotices(database.db, { domain, limit: 10 });
  expect(items.map(({ kind, dueAt, recipient, detail }) => [kind, dueAt, recipient, detail['code']])).toEqual([
    ['domain-unreachable', '2026-02-10T01:00:00.000Z', 'ada', 'EngineOffline'],
    ['domain-unreachable', '2026-02-10T00:00:00.000Z', 'ada', 'DirectoryUnavailable'],
    ['domain-unreachable', '2026-02-10T00:00:00.000Z', 'ada', 'EngineOffline'],
  ]);
});

test('pages hold every notice once, the newest first', async () => {
  const one = account();
  await notify(one, [notice(['owners']), notice(['requester'], { kind: 'provisioned' })]);
  const seen: number[] = [];
  let after: string | undefined;
  do {
    const page = await listNotices(database.db, { accountId: one.id, after, limit: 2 });
    seen.push(...page.items.map(({ id }) => Number(id)));
    after = page.next;
  } while (after !== undefined);
  expect(seen).toHaveLength(5);
  expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => b - a));
});
