import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOURLY } from '../support/engine-steps.ts';
import { ADMINISTRATOR, APPROVER, createHarness, REQUESTER, type Harness } from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const MAX_ACTIVITIES = 6;
const MAX_EVENTS = 45;

test('from the last approval to active: at most 6 activities and 45 history events', async () => {
  const story = await harness.story();
  await story.submit();
  const [eventsBefore, callsBefore] = [(await story.history()).length, harness.fakes.calls.length];
  await story.decide(APPROVER, 'approve');
  await story.until(({ state }) => state === 'active');
  await story.called('recordTransition', 3);
  await story.sleep('1 hour');
  const [events, calls] = [(await story.history()).length - eventsBefore, harness.fakes.calls.length - callsBefore];
  expect(calls).toBeLessThanOrEqual(MAX_ACTIVITIES);
  expect(events).toBeLessThanOrEqual(MAX_EVENTS);
  // The count is real: the steps are in it.
  expect(calls).toBeGreaterThanOrEqual(4);
  expect(events).toBeGreaterThan(3 * calls);
});

test('the later a step of a request is, the sooner it goes where more wait than an engine does at once', async () => {
  const story = await harness.story();
  await story.activate();
  const scheduled = (await story.history()).flatMap(({ activityTaskScheduledEventAttributes: task }) => task ?? []);
  const priorities = scheduled.map(({ activityType, priority }) => [activityType?.name, priority?.priorityKey || 3]);
  expect(priorities.filter(([name]) => name !== 'reserveName' && name !== 'recordTransition')).toEqual([
    ['stageCredential', 3],
    ['establishAccount', 2],
    ['promoteCredential', 1],
  ]);
});

test('a password is staged, the account is made with it, then it becomes current', async () => {
  const story = await harness.story();
  const account = await story.activate();
  const steps = harness.fakes.names().filter((name) => name !== 'recordTransition');
  expect(steps).toEqual(['reserveName', 'stageCredential', 'establishAccount', 'promoteCredential']);
  const vaultPath = 'service-accounts/corp.example.test/svc-payroll';
  const [staged] = harness.fakes.inputsOf('stageCredential');
  expect(staged).toMatchObject({ accountId: story.accountId, operationId: story.accountId, vaultPath });
  const [established] = harness.fakes.inputsOf('establishAccount');
  expect(established).toMatchObject({ credential: { vaultPath, version: 1 }, expiresAt: account.endsAt });
  expect(account).toMatchObject({
    secret: { vaultPath, version: 2 },
    objectGuid: '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    distinguishedName: 'CN=svc-payroll,OU=Managed,DC=corp,DC=example,DC=test',
  });
});

test('a period of whole days begins at 00:00 UTC of the day of provisioning', async () => {
  const story = await harness.story();
  const { startsAt, endsAt, submittedAt } = await story.activate();
  expect(startsAt).toBe(`${submittedAt.slice(0, 10)}T00:00:00.000Z`);
  expect(endsAt?.slice(4)).toBe(startsAt?.slice(4));
  expect(Number(endsAt?.slice(0, 4))).toBe(Number(startsAt?.slice(0, 4)) + 1);
});

test('a period begins when a step that had to wait is done, and the directory is told', async () => {
  const story = await harness.story(HOURLY);
  harness.fakes.fail('establishAccount', 'DirectoryAccessDenied');
  await story.approve();
  await story.until(({ blocked }) => blocked !== null);
  await story.sleep('5 hours');
  // The step succeeds in a round that began before: only then is the time it was given out of date.
  harness.fakes.fail('establishAccount', 'DirectoryUnavailable', 5);
  await story.act('resume', ADMINISTRATOR);
  await story.called('establishAccount', 2);
  await story.sleep('10 minutes');
  const { startsAt, endsAt } = await story.until(({ state }) => state === 'active');
  expect(Date.parse(endsAt ?? '') - Date.parse(startsAt ?? '')).toBe(3_600_000);
  expect(harness.fakes.inputsOf('applyExpiry')).toMatchObject([{ expiresAt: endsAt }]);
  const givenFirst = harness.fakes.inputsOf('establishAccount').at(-1)?.expiresAt ?? '';
  expect(Date.parse(endsAt ?? '')).toBeGreaterThan(Date.parse(givenFirst));
});

test('a password that the domain refuses is thrown away and another one is staged', async () => {
  const story = await harness.story();
  harness.fakes.fail('establishAccount', 'DirectoryPasswordRejected', 2);
  await story.activate();
  const steps = harness.fakes.names().filter((name) => name !== 'recordTransition' && name !== 'reserveName');
  const refused = ['stageCredential', 'establishAccount', 'discardCredential'];
  expect(steps).toEqual([...refused, ...refused, 'stageCredential', 'establishAccount', 'promoteCredential']);
  const operations = harness.fakes.inputsOf('stageCredential').map(({ operationId }) => operationId);
  expect(new Set(operations).size).toBe(3);
  const discarded = harness.fakes.inputsOf('discardCredential').map(({ credential }) => credential.operationId);
  expect(discarded).toEqual(operations.slice(0, 2));
});

test.each([
  ['DirectoryNameConflict', 1],
  ['DirectoryPasswordRejected', 3],
] as const)('%s, for good: everything is undone, then it waits for a person', async (code, times) => {
  const story = await harness.story();
  harness.fakes.fail('establishAccount', code);
  await story.approve();
  const account = await story.until(({ blocked }) => blocked?.code === code);
  expect(account).toMatchObject({ state: 'approved', blocked: { step: 'establish-account', retrying: false } });
  expect(harness.fakes.inputsOf('establishAccount')).toHaveLength(times);
  expect(
    harness.fakes
      .names()
      .filter((name) => name !== 'recordTransition')
      .slice(-2),
  ).toEqual(['deleteAccount', 'revokeCredential']);
  expect(harness.fakes.inputsOf('deleteAccount')).toMatchObject([{ objectGuid: null }]);

  harness.fakes.recover();
  await story.act('resume', ADMINISTRATOR);
  expect(await story.until(({ state }) => state === 'active')).toMatchObject({ blocked: null });
  const operations = harness.fakes.inputsOf('stageCredential').map(({ operationId }) => operationId);
  expect(new Set(operations).size).toBe(times + 1);
});

test('a request that waits for a person after a conflict can be withdrawn, with nothing left to undo', async () => {
  const story = await harness.story();
  harness.fakes.fail('establishAccount', 'DirectoryNameConflict');
  await story.approve();
  await story.until(({ blocked }) => blocked?.code === 'DirectoryNameConflict');
  await story.act('withdraw', REQUESTER);
  expect(await story.result()).toMatchObject({ state: 'withdrawn', blocked: null });
  expect(harness.fakes.inputsOf('deleteAccount')).toHaveLength(1);
  expect(harness.fakes.inputsOf('revokeCredential')).toHaveLength(1);
});

test('a secret of somebody else at our path blocks, and a withdrawal leaves it alone', async () => {
  const story = await harness.story();
  harness.fakes.fail('stageCredential', 'VaultPathConflict');
  harness.fakes.fail('revokeCredential', 'VaultPathConflict');
  await story.approve();
  await story.until(({ blocked }) => blocked?.code === 'VaultPathConflict');
  await story.act('withdraw', REQUESTER);
  expect(await story.result()).toMatchObject({ state: 'withdrawn' });
});

test('provisioning goes on while the database is away', async () => {
  const story = await harness.story();
  await story.submit();
  harness.fakes.fail('recordTransition', 'ServiceUnavailable');
  const decided = story.decide(APPROVER, 'approve');
  await story.until(({ state }) => state === 'active');
  harness.fakes.recover();
  await story.sleep('5 minutes');
  expect(await decided).toMatchObject({ account: { state: 'approved', sequence: 3 } });
  expect(story.recorded().map(({ type }) => type)).toEqual(['submitted', 'voted', 'approved', 'provisioned']);
});
