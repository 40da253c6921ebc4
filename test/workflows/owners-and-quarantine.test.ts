/** Owners who change and leave, notices of a period, quarantine and its undo, and what the short workflows do. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FindSuccessorsResult } from '../../contracts/activities.ts';
import { nextNotice, type NoticeFacts } from '../../contracts/notices.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { HOURLY, HOURLY_WITH_GRACE } from '../support/engine-steps.ts';
import { sampleTemplate } from '../support/fake-activities.ts';
import { ADMINISTRATOR, createHarness, DOMAIN, OWNER, REQUESTER, type Harness } from '../support/lifecycle-harness.ts';
import { beginNextRun } from '../support/next-run.ts';
import { isIn, quarantine } from '../support/ways-to-steps.ts';

const PATIENCE = { timeoutMs: 20_000, intervalMs: 50 };

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

describe('succession', () => {
  const rung = (...results: FindSuccessorsResult[]) =>
    harness.fakes.behave({ findSuccessors: async () => results.shift()! });

  test('the other owners stay', async () => {
    const story = await harness.story();
    await story.activate();
    await story.ownerLeft(REQUESTER);
    expect(await story.until(({ owners }) => owners.length === 1)).toMatchObject({ owners: [OWNER] });
    expect(story.recorded().slice(-2)).toMatchObject([
      { type: 'owner-left', detail: { user: REQUESTER, rung: 'next-owner' } },
      { type: 'owners-changed', detail: { rung: 'next-owner' } },
    ]);
  });

  test('the manager, whom the directory names', async () => {
    const story = await harness.story();
    await story.activate();
    rung({ outcome: 'asks-directory', samAccountName: 'olga.o' }, { outcome: 'manager', owner: 'mona' });
    await story.ownerLeft(OWNER);
    await story.until(({ owners }) => owners.includes('mona'));
    expect(harness.fakes.inputsOf('findManager')).toEqual([{ domain: DOMAIN, samAccountName: 'olga.o' }]);
    expect(harness.fakes.inputsOf('findSuccessors').at(-1)).toMatchObject({ managerSamAccountName: null });
  });

  test('the fallback group', async () => {
    const story = await harness.story();
    await story.activate();
    rung({ outcome: 'fallback-group', group: 'Operations' });
    await story.ownerLeft(OWNER);
    expect(await story.until(({ ownerGroups }) => ownerGroups.length === 1)).toMatchObject({
      ownerGroups: ['Operations'],
    });
  });

  test('nobody: who left stays, and administrators are told', async () => {
    const story = await harness.story();
    await story.activate();
    rung({ outcome: 'nobody' });
    await story.ownerLeft(OWNER);
    await story.until(() => story.recorded().at(-1)?.type === 'owner-left');
    expect(story.noticed().at(-1)).toMatchObject({ kind: 'owner-missing', audiences: ['administrators'] });
    expect(await story.snapshot()).toMatchObject({ owners: [REQUESTER, OWNER] });
  });

  test('an owner who leaves before there is an account is succeeded afterwards', async () => {
    const story = await harness.story();
    await story.submit();
    await story.ownerLeft(OWNER);
    await story.decide('anna', 'approve');
    await story.until(({ owners }) => owners.length === 1);
  });

  test('an owner who leaves while the account is being made is succeeded when it lives', async () => {
    const story = await harness.story();
    harness.fakes.fail('promoteCredential', 'VaultAccessDenied');
    await story.approve();
    await story.until(({ blocked }) => blocked !== null);
    await story.ownerLeft(OWNER);
    await beginNextRun(story);
    harness.fakes.recover();
    await story.act('resume', ADMINISTRATOR);
    expect(await story.until(({ owners }) => owners.length === 1)).toMatchObject({
      state: 'active',
      owners: [REQUESTER],
    });
  });

  test('an owner who leaves while the account is put aside is succeeded when it is restored', async () => {
    const story = await harness.story({ lifecycle: { ...HOURLY_WITH_GRACE.lifecycle!, gracePeriod: 'P30D' } });
    await quarantine(story);
    await story.ownerLeft(OWNER);
    await beginNextRun(story);
    expect(await story.snapshot()).toMatchObject({ state: 'quarantined', owners: [REQUESTER, OWNER] });
    expect(harness.fakes.inputsOf('findSuccessors')).toEqual([]);
    await story.act('restore', REQUESTER);
    await story.until(({ owners }) => owners.length === 1);
    expect(story.recorded().map(({ type }) => type)).toContain('owner-left');
  });

  test('the directory is away: an administrator names others meanwhile', async () => {
    const story = await harness.story();
    await story.activate();
    rung({ outcome: 'asks-directory', samAccountName: 'olga.o' }, { outcome: 'still-there' });
    harness.fakes.fail('findManager', 'DirectoryAccessDenied');
    const { findSuccessors } = harness.fakes.activities;
    expect(findSuccessors).toBeDefined();
    rung({ outcome: 'asks-directory', samAccountName: 'olga.o' }, { outcome: 'still-there' });
    await story.ownerLeft(OWNER);
    await story.until(({ blocked }) => blocked?.step === 'find-manager');
    const owners = ['otto'];
    expect(await story.ask('change-owners', { actor: ADMINISTRATOR, owners, ownerGroups: [] })).toMatchObject({
      account: { owners },
    });
  });

  test('owners that the template does not allow are refused', async () => {
    const story = await harness.story({ ownership: { maximum: 2 } });
    await story.activate();
    const refused = await story.ask('change-owners', { actor: OWNER, owners: ['a', 'b', 'c'], ownerGroups: [] });
    expect(refused).toMatchObject({ code: 'OwnershipViolation' });
  });
});

describe('an edit of the account as somebody saw it', () => {
  const owned = (by: string, expectedSequence: number) => ({
    actor: OWNER,
    owners: [OWNER, by],
    ownerGroups: [],
    expectedSequence,
  });

  test('of two at the same instant one is made, the other refused', async () => {
    const story = await harness.story();
    const { sequence } = await story.activate();
    const answers = await Promise.all([
      story.ask('change-owners', owned('otto', sequence)),
      story.ask('change-owners', owned('olga', sequence)),
    ]);
    const made = answers.filter((answer) => 'account' in answer);
    expect(made).toHaveLength(1);
    expect(answers).toContainEqual(expect.objectContaining({ code: 'PreconditionFailed' }));
    expect(await story.snapshot()).toMatchObject(made[0]!.account);
    expect(await story.ask('change-owners', owned('olga', sequence))).toMatchObject({ code: 'PreconditionFailed' });
    expect(await story.ask('change-owners', owned('olga', sequence + 1))).toHaveProperty('account');
  });

  test('is made though it is blocked, gives way and goes on in another run', async () => {
    const story = await harness.story();
    const { sequence } = await story.activate();
    harness.fakes.fail('applyDescription', 'DirectoryAccessDenied');
    const edit = { actor: OWNER, description: 'More words', expectedSequence: sequence };
    void story.ask('edit', edit).catch(() => undefined);
    const { sequence: later } = await story.until(({ blocked }) => blocked?.step === 'apply-description');
    expect(later).toBeGreaterThan(sequence);
    expect(await story.ask('edit', { ...edit, description: 'Others' })).toMatchObject({ code: 'PreconditionFailed' });
    await beginNextRun(story);
    await story.ask('change-owners', owned('otto', (await story.snapshot())!.sequence));
    harness.fakes.recover();
    await story.act('resume', ADMINISTRATOR);
    await story.until(({ description }) => description === 'More words');
  });
});

test('the notices of a year are the series of the rules, each once', async () => {
  const lifecycle = {
    intervals: ['P1Y'],
    renewalWindow: 'P90D',
    endOfLife: 'disable' as const,
    notices: {
      whenRenewalOpens: true,
      remindEvery: 'P7D',
      urgentEvery: 'PT12H',
      urgentWithin: 'P5D',
      tellAdministrators: true,
      stopAfter: 'P30D',
    },
  };
  const story = await harness.story({ lifecycle });
  const { renewalOpensAt, endsAt } = await story.activate();
  await story.sleep('420 days');
  const facts: NoticeFacts = {
    terms: sampleTemplate({ lifecycle }).lifecycle.notices,
    endOfLife: 'disable',
    renewalOpensAt: renewalOpensAt!,
    endsAt: endsAt!,
  };
  const series: string[] = [];
  for (let next = nextNotice(facts, null); next; next = nextNotice(facts, next.dueAt))
    series.push(`${next.kind} ${next.dueAt}`);
  const told = harness.fakes.inputsOf('notify').flatMap(({ notices }) => notices);
  expect(told.map(({ kind, dueAt }) => `${kind} ${dueAt}`)).toEqual(series);
  expect(series.length).toBeGreaterThan(20);
});

describe('quarantine', () => {
  test('what was there is read before anything is changed, and put back as it was', async () => {
    const story = await harness.story(HOURLY_WITH_GRACE);
    await quarantine(story);
    const steps = harness.fakes.names().filter((name) => /Account$|Credential$|Step$/.test(name));
    expect(steps.slice(-4)).toEqual([
      'admitDestructiveStep',
      'captureAccount',
      'quarantineAccount',
      'suspendCredential',
    ]);
    expect(await story.act('restore', OWNER)).toMatchObject({ account: { state: 'active', retirement: null } });
    const [restored] = harness.fakes.inputsOf('restoreAccount');
    const [capturing] = harness.fakes.inputsOf('captureAccount');
    expect(restored).toMatchObject({ objectGuid: capturing?.objectGuid, captured: { enabled: true } });
  });

  test('after the grace period it is gone', async () => {
    const story = await harness.story(HOURLY_WITH_GRACE);
    await quarantine(story);
    expect(await story.result()).toMatchObject({ state: 'retired' });
    const steps = harness.fakes.inputsOf('admitDestructiveStep').map(({ step }) => step);
    expect(steps).toEqual(['retirement', 'deletion']);
  });

  test('while deletion is frozen it can still be undone', async () => {
    const story = await harness.story(HOURLY_WITH_GRACE);
    await quarantine(story);
    harness.fakes.fail('admitDestructiveStep', 'Frozen');
    await story.sleep('3 hours');
    await story.until(({ blocked }) => blocked?.code === 'Frozen');
    expect(await story.act('restore', OWNER)).toMatchObject({ account: { blocked: null } });
    // Its period is over meanwhile: the end is met, as soon as that is allowed.
    harness.fakes.recover();
    await story.sleep('2 minutes');
    await story.until(isIn('expired'));
  });

  test('without a grace period a retirement is final', async () => {
    const story = await harness.story(HOURLY);
    await story.activate();
    harness.fakes.fail('deleteAccount', 'DirectoryAccessDenied');
    await story.act('retire', OWNER);
    await story.until(({ blocked }) => blocked !== null);
    expect(await story.act('restore', OWNER)).toMatchObject({ code: 'RetirementFinal' });
  });
});

test('a change of users is told to every account that it concerns, and one that is gone stops nothing', async () => {
  const story = await harness.story();
  await story.activate();
  const gone = { accountId: '00000000-0000-4000-8000-000000000000', domain: DOMAIN, approversChanged: true, left: [] };
  const mine = { accountId: story.accountId, domain: DOMAIN, approversChanged: false, left: [OWNER] };
  harness.fakes.behave({
    findAffected: async ({ after }) =>
      after === null ? { accounts: [gone], next: 'second' } : { accounts: [mine], next: null },
  });
  await harness.environment.client.workflow.execute('reassessAccounts', {
    workflowId: `reassess:${story.accountId}`,
    taskQueue: 'control',
    args: [{ operationId: 'change', approvers: { users: ['anna'], groups: [] }, left: [OWNER] }],
  });
  await story.until(({ owners }) => !owners.includes(OWNER));
});

test('nobody is looked for before the change is committed', async () => {
  await harness.story();
  const committing = harness.fakes.hold('awaitChange');
  const { workflow } = harness.environment.client;
  const telling = await workflow.start('reassessAccounts', {
    workflowId: 'reassess:uncommitted',
    taskQueue: 'control',
    args: [{ operationId: 'uncommitted', approvers: { users: ['anna'], groups: [] }, left: [] }],
  });
  await eventually('it is waited for', async () => harness.fakes.names().includes('awaitChange'), PATIENCE);
  expect(harness.fakes.names()).not.toContain('findAffected');
  committing.open();
  await telling.result();
  expect(harness.fakes.inputsOf('awaitChange')).toEqual([{ operationId: 'uncommitted' }]);
  expect(harness.fakes.names()).toContain('findAffected');
});

test('a template is looked at through the engine, and an engine that is away is told at once', async () => {
  const input = {
    limitMs: 8_000,
    domain: DOMAIN,
    organizationalUnits: ['OU=A'],
    groups: [],
    folder: 'a',
    mayChooseFolder: true,
    samAccountName: 'b',
  };
  const { workflow } = harness.environment.client;
  const inspect = (domain: string) =>
    workflow.execute('inspectTemplate', {
      workflowId: `inspect:${domain}`,
      taskQueue: 'control',
      args: [{ ...input, domain }],
    });
  await harness.story();
  expect(await inspect(DOMAIN)).toEqual({
    directory: { problems: [], nameInUse: false },
    vault: { ready: true, problem: null },
  });
  expect(harness.fakes.inputsOf('inspectVault')).toEqual([{ domain: DOMAIN, folder: 'a', mayChooseFolder: true }]);
  expect(await inspect('elsewhere.example.test')).toMatchObject({
    directory: { failed: 'away' },
    vault: { failed: 'away' },
  });
}, 30_000);
