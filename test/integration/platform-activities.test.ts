/** The control plane's activities on a real database. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPlatformActivities } from '../../activities/platform/activities.ts';
import type { FindSuccessorsInput, PlatformActivities, ReserveNameInput } from '../../contracts/activities.ts';
import { openDatabase } from '../../db/client.ts';
import { findAccount } from '../../db/queries/accounts.ts';
import { createDomain } from '../../db/queries/domains.ts';
import { createGroup, setGroupDisabled } from '../../db/queries/groups.ts';
import { createMigration } from '../../db/queries/migrations.ts';
import { holdOperation } from '../../db/queries/operations.ts';
import { addDraft, createTemplate, deleteTemplate, publishTemplate } from '../../db/queries/publish-templates.ts';
import { createUser, setUserDisabled } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  sampleAccount,
  sampleApproval,
  sampleEvent,
  sampleSubmission,
  sampleTemplate,
} from '../support/projection-samples.ts';
import { quietLogger } from '../support/quiet-runtime.ts';

const FQDN = 'corp.example.com';
const NOW = '2026-01-31T12:00:00.000Z';
const by = { by: 'ada', at: NOW };
const making = { by: 'ada', at: NOW };

const clock = () => new Date(NOW);
let database: TestDatabase;
let activities: PlatformActivities;
beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  activities = createPlatformActivities({ db, clock });
  await createUser(db, { name: 'ada', role: 'administrator', tokenHash: 'ada', createdAt: NOW });
  await createDomain(db, FQDN, NOW);
});
afterAll(() => database.drop());

/** Runs an activity as a worker does. */
const run = <Input, Result>(activity: (input: Input) => Promise<Result>, input: Input): Promise<Result> =>
  new MockActivityEnvironment({}, { logger: quietLogger }).run(activity, input);

async function published(pattern: string): Promise<string> {
  const id = randomUUID();
  const template = sampleTemplate({ naming: { pattern, prefix: pattern.slice(0, 3) } });
  await createTemplate(database.db, { id, template, ...making });
  await publishTemplate(database.db, { id, ...by });
  return id;
}

describe('reserveName', () => {
  const template = sampleTemplate({ naming: { pattern: 'svc-[a-z]+', prefix: 'svc' } });
  let templateId: string;
  beforeAll(async () => {
    templateId = await published('svc-[a-z]+');
  });

  function asked(samAccountName: string, { request = {}, ...rest }: Record<string, unknown> = {}): ReserveNameInput {
    const submission = sampleSubmission({ templateId, samAccountName, ...(request as object) });
    return { accountId: randomUUID(), domain: FQDN, requester: 'rita', request: submission.request, ...rest };
  }

  test('takes the name and gives the template as it was in that version; again, the same', async () => {
    const input = asked('svc-payroll');
    const reserved = { outcome: 'reserved', snapshot: { templateId, version: 1, template } };
    expect(await run(activities.reserveName, input)).toEqual(reserved);
    expect(await run(activities.reserveName, input)).toEqual(reserved);
    expect(await run(activities.reserveName, asked('SVC-payroll'))).toMatchObject({ code: 'PolicyViolation' });
    expect(await run(activities.reserveName, asked('svc-payroll'))).toMatchObject({ code: 'NameTaken' });
  });

  test.each<[string, () => ReserveNameInput, string]>([
    ['a name that the pattern does not match', () => asked('svc-2'), 'PolicyViolation'],
    ['a name that matches in part', () => asked('svc-payroll-2'), 'PolicyViolation'],
    ['a template of another domain', () => asked('svc-abroad', { domain: 'lab.example.com' }), 'PolicyViolation'],
    ['an interval that is not offered', () => asked('svc-long', { request: { interval: 'P9Y' } }), 'PolicyViolation'],
    ['a version that is not there', () => asked('svc-future', { request: { templateVersion: 9 } }), 'NotFound'],
    ['a template that is not there', () => asked('svc-gone', { request: { templateId: randomUUID() } }), 'NotFound'],
  ])('%s is refused as a result, and takes no name', async (_what, input, code) => {
    const made = input();
    expect(await run(activities.reserveName, made)).toMatchObject({ outcome: 'refused', code });
    const taken = await database.run('select from name_reservations where account_id = $1', [made.accountId]);
    expect(taken).toEqual([]);
  });

  test('only the published version counts, but what was reserved under an older one stays', async () => {
    const { db } = database;
    const id = await published('old-[a-z]+');
    const held = asked('old-held', { request: { templateId: id } });
    const reserved = await run(activities.reserveName, held);
    await addDraft(db, { id, ...making });
    const under = (templateVersion: number) => asked('old-other', { request: { templateId: id, templateVersion } });
    expect(await run(activities.reserveName, under(2))).toMatchObject({ code: 'NotPublished' });
    await publishTemplate(db, { id, ...by });
    expect(await run(activities.reserveName, under(1))).toMatchObject({ outcome: 'refused', code: 'NotPublished' });
    expect(await run(activities.reserveName, held)).toEqual(reserved);
    expect(await run(activities.reserveName, under(2))).toMatchObject({ outcome: 'reserved' });
  });

  test('of two requests for one name at the same instant exactly one wins, and keeps it when asked again', async () => {
    const inputs = Array.from({ length: 8 }, () => asked('svc-race'));
    const first = await Promise.all(inputs.map((input) => run(activities.reserveName, input)));
    expect(first.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(1);
    expect(await Promise.all(inputs.map((input) => run(activities.reserveName, input)))).toEqual(first);
  });

  test('of a deletion of the template and a reservation under it one is refused', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await published('del-[a-z]+');
      const input = asked(`del-${'abcdefghij'[round]}`, { request: { templateId: id } });
      const [reserved, deleted] = await Promise.all([
        run(activities.reserveName, input),
        deleteTemplate(database.db, { id, ...by }),
      ]);
      expect([reserved.outcome, deleted]).toEqual(
        reserved.outcome === 'reserved' ? ['reserved', 'in-use'] : ['refused', 'deleted'],
      );
    }
  });

  test('an input that it does not understand fails for good, and names fields, not values', async () => {
    const input = asked('svc-payroll', { accountId: 'canary' });
    const failed = (await run(activities.reserveName, input).catch((error: unknown) => error)) as Error;
    expect(failed).toMatchObject({ type: 'InvalidRequest', nonRetryable: true, details: [{ fields: 'accountId' }] });
    expect(JSON.stringify(failed)).not.toContain('canary');
  });
});

test('recordTransition writes what the projection shows, once, and tells who can decide', async () => {
  for (const name of ['anna', 'ben']) {
    await createUser(database.db, { name, role: 'approver', tokenHash: name, createdAt: NOW });
  }
  const account = sampleAccount();
  const transition = { account, events: [sampleEvent(account)], notices: [] };
  expect(await run(activities.recordTransition, transition)).toEqual({ ableToDecide: ['anna'] });
  expect(await run(activities.recordTransition, transition)).toEqual({ ableToDecide: ['anna'] });
  expect(await findAccount(database.db, account.id)).toEqual(account);

  const second = { ...account, sequence: 2, approval: { ...account.approval, openStep: 1 } };
  const voted = { ...second, approval: { ...second.approval, votes: [vote('anna')] } };
  const recorded = { account: voted, events: [sampleEvent(voted, { type: 'voted' })] };
  expect(await run(activities.recordTransition, recorded)).toEqual({ ableToDecide: ['ben'] });
  const { id: accountId, domain } = account;
  const steps = [{ users: ['anna', 'ben', 'cleo'], groups: [], quorum: 1 }];
  const asked = { accountId, domain, openStep: 1, steps };
  expect(await run(activities.findDeciders, asked)).toEqual({ ableToDecide: ['ben'] });
  await setUserDisabled(database.db, 'ben', true);
  expect(await run(activities.findDeciders, asked)).toEqual({ ableToDecide: [] });
  expect(await run(activities.findDeciders, { ...asked, accountId: randomUUID() })).toEqual({ ableToDecide: ['anna'] });
  const ahead = { ...asked, openStep: 0, steps: [...steps, { users: ['ben'], groups: [], quorum: 1 }] };
  expect(await run(activities.findDeciders, ahead)).toMatchObject({ deadStep: 1 });
  const rejected = { ...voted, sequence: 3, state: 'rejected' as const };
  expect(await run(activities.recordTransition, { account: rejected, events: [sampleEvent(rejected)] })).toEqual({
    ableToDecide: null,
  });
});

test('who asked for a renewal cannot decide on it; the requester of the account can', async () => {
  for (const name of ['rosa', 'owen']) {
    await createUser(database.db, { name, role: 'approver', tokenHash: name, createdAt: NOW });
  }
  const renewal = { requestedBy: 'owen', requestedAt: NOW, returnTo: 'active' as const };
  const able = async (users: string[]) => {
    const approval = sampleApproval({ purpose: 'renewal' });
    const steps = [{ ...approval.steps[0]!, approvers: { users, groups: [] } }];
    const round = { requester: 'rosa', approval: { ...approval, steps }, renewal };
    const account = sampleAccount({ ...round, state: 'renewing' });
    const events = [sampleEvent(account, { type: 'renewal-requested' })];
    const { ableToDecide } = await run(activities.recordTransition, { account, events, notices: [] });
    const asked = {
      accountId: account.id,
      domain: account.domain,
      openStep: 0,
      steps: [{ users, groups: [], quorum: 1 }],
    };
    return { ableToDecide, found: (await run(activities.findDeciders, asked)).ableToDecide };
  };
  expect(await able(['rosa'])).toEqual({ ableToDecide: ['rosa'], found: ['rosa'] });
  expect(await able(['owen'])).toEqual({ ableToDecide: [], found: [] });
});

function vote(approver: string) {
  return { step: 1, approver, seat: approver, decision: 'approve' as const, reason: null, at: NOW };
}

describe('findSuccessors', () => {
  const asked = (overrides: Partial<FindSuccessorsInput> = {}): FindSuccessorsInput => ({
    accountId: randomUUID(),
    domain: FQDN,
    owners: ['lena'],
    ownerGroups: [],
    left: 'lena',
    fallbackGroup: null,
    ...overrides,
  });
  beforeAll(async () => {
    const { db } = database;
    const make = (name: string, samAccountName: string | null = null) =>
      createUser(db, {
        name,
        role: 'owner',
        tokenHash: name,
        createdAt: NOW,
        directoryAccount: samAccountName === null ? null : { domain: FQDN, samAccountName },
      });
    await make('lena', 'l.ena');
    await make('leon');
    await make('mona', 'M.Ona');
    await make('nina');
    await createGroup(db, { name: 'Team', members: ['nina', 'leon'], createdAt: NOW });
    await createGroup(db, { name: 'Left', members: ['lena', 'leon'], createdAt: NOW });
    await createGroup(db, { name: 'Off', members: ['nina'], createdAt: NOW });
    await setGroupDisabled(db, 'Off', true);
    for (const name of ['lena', 'leon']) await setUserDisabled(db, name, true);
  });

  test.each<[string, Partial<FindSuccessorsInput>, object]>([
    ['who is active did not leave', { left: 'nina', owners: ['nina'] }, { outcome: 'still-there' }],
    [
      'another owner who is active answers',
      { owners: ['lena', 'leon', 'nina'] },
      { outcome: 'owners-left', owners: ['leon', 'nina'] },
    ],
    ['a group with an active member answers', { ownerGroups: ['Team'] }, { outcome: 'owners-left', owners: [] }],
    ['who owned through a group leaves others behind', { owners: ['nina'] }, { outcome: 'still-there' }],
    ['else the directory is asked for the manager', {}, { outcome: 'asks-directory', samAccountName: 'l.ena' }],
    ['the manager whom it knows answers', { managerSamAccountName: 'm.ona' }, { outcome: 'manager', owner: 'mona' }],
    ['a manager who is no user does not', { managerSamAccountName: 'boss' }, { outcome: 'nobody' }],
    ['it knows none: nobody', { managerSamAccountName: null }, { outcome: 'nobody' }],
    [
      'a group with nobody active does not answer',
      { ownerGroups: ['Left'], managerSamAccountName: null },
      { outcome: 'nobody' },
    ],
    ['a disabled group does not answer', { ownerGroups: ['Off'], managerSamAccountName: null }, { outcome: 'nobody' }],
    ['a leaver without an account there has no manager', { left: 'leon', owners: ['leon'] }, { outcome: 'nobody' }],
    [
      'an account in another domain is not looked up here',
      { domain: 'lab.example.com', fallbackGroup: 'Team' },
      { outcome: 'fallback-group', group: 'Team' },
    ],
    [
      'the fallback group comes after the manager',
      { managerSamAccountName: null, fallbackGroup: 'Team' },
      { outcome: 'fallback-group', group: 'Team' },
    ],
    [
      'a fallback group with nobody active does not answer',
      { managerSamAccountName: null, fallbackGroup: 'Left' },
      { outcome: 'nobody' },
    ],
  ])('%s', async (_what, overrides, outcome) => {
    expect(await run(activities.findSuccessors, asked(overrides))).toEqual(outcome);
  });
});

describe('what a transaction has not ended yet', () => {
  /** A transaction that holds the operation and records a migration of that id, until it is told how to end. */
  async function holding(id: string) {
    const held = Promise.withResolvers<void>();
    const end = Promise.withResolvers<'commit' | 'rollback'>();
    const ended = database.db
      .transaction(async (transaction) => {
        await holdOperation(transaction, id);
        const row = { id, requestedBy: 'ada', requestedAt: NOW, changes: {}, accounts: 1, perMinute: 1 };
        await createMigration(transaction, row);
        held.resolve();
        if ((await end.promise) === 'rollback') throw new Error('rolled back');
      })
      .catch(() => undefined);
    await held.promise;
    return async (how: 'commit' | 'rollback') => {
      end.resolve(how);
      await ended;
    };
  }

  const shortly = <T>(asked: Promise<T>) => Promise.race([asked, wait(300, 'waiting' as const)]);

  test.each([
    ['commit', true],
    ['rollback', false],
  ] as const)('is waited for, and is there after its %s: %s', async (how, isRecorded) => {
    const id = randomUUID();
    const end = await holding(id);
    const changed = run(activities.awaitChange, { operationId: id });
    const found = run(activities.findMigration, { migrationId: id });
    expect(await shortly(changed)).toBe('waiting');
    expect(await shortly(found)).toBe('waiting');
    await run(activities.awaitChange, { operationId: randomUUID() });
    await end(how);
    await changed;
    expect(await found).toEqual({ isRecorded });
  });
});

test('a database that is away is tried again, and a refusal of it tells no value', async () => {
  const away = openDatabase('postgres://nobody:canary@127.0.0.1:1/none', { connectTimeoutMs: 500 });
  const cutOff = createPlatformActivities({ db: away.db, clock });
  const account = sampleAccount({ justification: 'canary\u0000' });
  const transition = { account, events: [sampleEvent(account)] };
  const unavailable = { type: 'ServiceUnavailable', nonRetryable: false };
  await expect(run(cutOff.recordTransition, transition)).rejects.toMatchObject(unavailable);
  await away.close();

  const failed = (await run(activities.recordTransition, transition).catch((error: unknown) => error)) as Error;
  expect(failed).toMatchObject({ type: 'UnexpectedError', message: expect.stringContaining('SQLSTATE 22021') });
  expect(JSON.stringify([failed, failed.message, failed.stack, failed.cause])).not.toContain('canary');
});
