/** Which accounts must look again after a change of users, groups or delegations, in a real database. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPlatformActivities } from '../../activities/platform/activities.ts';
import type { FindAffectedInput, FindAffectedResult, PlatformActivities } from '../../contracts/activities.ts';
import type { Account } from '../../contracts/account.ts';
import { projectTransition } from '../../db/project-account.ts';
import { createDelegation } from '../../db/queries/delegations.ts';
import { createGroup, setGroupDisabled } from '../../db/queries/groups.ts';
import { createUser, setUserDisabled } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sampleAccount, sampleApproval, sampleEvent } from '../support/projection-samples.ts';

const NOW = '2026-01-31T12:00:00.000Z';

let database: TestDatabase;
let activities: PlatformActivities;
let accounts: Record<string, Account>;

beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  activities = createPlatformActivities({ db, clock: () => new Date(NOW) });
  for (const name of ['anna', 'ben', 'zoe', 'olaf', 'otto']) {
    await createUser(db, { name, role: 'owner', tokenHash: name, createdAt: NOW });
  }
  for (const [name, members] of [
    ['Leads', ['ben']],
    ['Owners', ['olaf']],
    ['Old', ['otto']],
  ] as const) {
    await createGroup(db, { name, members, createdAt: NOW });
  }
  await setGroupDisabled(db, 'Old', true);
  await setUserDisabled(db, 'olaf', true);
  const period = { startsAt: NOW, endsAt: '2026-03-01T00:00:00.000Z' };
  await createDelegation(db, { id: randomUUID(), delegator: 'ben', delegate: 'zoe', ...period });
  accounts = samples();
  for (const account of Object.values(accounts)) {
    await projectTransition(db, { account, events: [sampleEvent(account)] }, NOW);
  }
});
afterAll(() => database.drop());

function samples(): Record<string, Account> {
  const step = (users: string[], groups: string[], escalation: string[] = []) => ({
    name: 'Step',
    approvers: { users, groups },
    quorum: 1,
    deadline: 'P7D',
    escalation: { users: escalation, groups: [] },
  });
  const round = (openStep: number, escalated = false) =>
    sampleApproval({ openStep, escalated, steps: [step(['anna'], [], ['otto']), step([], ['Leads'])] });
  const nobodys = { requester: 'rita', owners: ['rita'] };
  return {
    first: sampleAccount({ ...nobodys, approval: round(0) }),
    escalated: sampleAccount({ ...nobodys, approval: round(0, true) }),
    second: sampleAccount({ ...nobodys, approval: round(1) }),
    renewing: sampleAccount({ ...nobodys, state: 'renewing', approval: round(1) }),
    decided: sampleAccount({ ...nobodys, state: 'approved', approval: round(2) }),
    owned: sampleAccount({ requester: 'rita', owners: ['olaf'], state: 'expired', approval: round(2) }),
    ownedByGroup: sampleAccount({ ...nobodys, ownerGroups: ['Owners', 'Old'], state: 'active', approval: round(2) }),
    requestOfOlaf: sampleAccount({ requester: 'olaf', owners: ['olaf'], approval: round(0) }),
    beingMade: sampleAccount({ ...nobodys, owners: ['olaf'], state: 'approved', approval: round(2) }),
    putAside: sampleAccount({ ...nobodys, ownerGroups: ['Owners'], state: 'quarantined', approval: round(2) }),
    retired: sampleAccount({ requester: 'olaf', owners: ['olaf'], state: 'retired', approval: round(2) }),
  };
}

const nameOf = (id: string) => Object.keys(accounts).find((name) => accounts[name]!.id === id)!;

const find = (input: FindAffectedInput): Promise<FindAffectedResult> =>
  new MockActivityEnvironment().run(activities.findAffected, input);

async function affected(input: Partial<FindAffectedInput>): Promise<Record<string, unknown>> {
  const nobody = { approvers: { users: [], groups: [] }, left: [], after: null };
  const found = await find({ ...nobody, ...input });
  expect(found.next).toBeNull();
  return Object.fromEntries(
    found.accounts.map(({ accountId, approversChanged, left }) => [nameOf(accountId), { approversChanged, left }]),
  );
}

const look = { approversChanged: true, left: [] };
/** Those whose first step is open. */
const FIRST_STEP = { first: look, escalated: look, requestOfOlaf: look };

test.each<[string, Partial<FindAffectedInput>, Record<string, unknown>]>([
  ['nobody', {}, {}],
  ['a user, where they are asked now', { approvers: { users: ['anna'], groups: [] } }, FIRST_STEP],
  [
    'a user of an escalation, once it has come to that',
    { approvers: { users: ['otto'], groups: [] } },
    { escalated: look },
  ],
  [
    'a group, where it is asked now, or will be on a later step',
    { approvers: { users: [], groups: ['Leads'] } },
    { ...FIRST_STEP, second: look, renewing: look },
  ],
  [
    'a user, where one of their groups is asked',
    { approvers: { users: ['ben'], groups: [] } },
    { ...FIRST_STEP, second: look, renewing: look },
  ],
  [
    'a user, where who they stand in for is asked',
    { approvers: { users: ['zoe'], groups: [] } },
    { ...FIRST_STEP, second: look, renewing: look },
  ],
  [
    'an owner who left: accounts that live or may live, their own and those of their groups',
    { left: ['olaf'] },
    {
      requestOfOlaf: { approversChanged: false, left: ['olaf'] },
      beingMade: { approversChanged: false, left: ['olaf'] },
      putAside: { approversChanged: false, left: ['olaf'] },
      owned: { approversChanged: false, left: ['olaf'] },
      ownedByGroup: { approversChanged: false, left: ['olaf'] },
    },
  ],
  ['who left a group that owns nothing any more', { left: ['otto'] }, {}],
  [
    'who is not in a group any more, or whose group was disabled',
    { approvers: { users: [], groups: ['Old'] }, left: ['otto', 'anna'] },
    { ownedByGroup: { approversChanged: false, left: ['otto', 'anna'] } },
  ],
  ['strangers', { approvers: { users: ['x'], groups: ['y'] }, left: ['z'] }, {}],
])('%s', async (_who, change, wanted) => {
  expect(await affected(change)).toEqual(wanted);
});

test('more than a page are found page by page, each once', async () => {
  const { db } = database;
  const many = Array.from({ length: 1_100 }, () => sampleAccount({ approval: sampleApproval({ openStep: 1 }) }));
  for (const account of many) await projectTransition(db, { account, events: [sampleEvent(account)] }, NOW);
  const seen: string[] = [];
  let after: string | null = null;
  let pages = 0;
  do {
    const page = await find({ approvers: { users: ['cleo'], groups: [] }, left: [], after });
    seen.push(...page.accounts.map(({ accountId }) => accountId));
    after = page.next;
    pages += 1;
  } while (after !== null);
  expect(pages).toBe(3);
  expect(seen.toSorted()).toEqual(many.map(({ id }) => id).toSorted());
});
