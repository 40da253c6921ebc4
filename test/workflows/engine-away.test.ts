import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOURLY_EXPIRING } from '../support/engine-steps.ts';
import {
  ADMINISTRATOR,
  APPROVER,
  createHarness,
  DOMAIN,
  OWNER,
  REQUESTER,
  type Harness,
} from '../support/lifecycle-harness.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let harness: Harness;
beforeEach(async () => {
  harness = await createHarness();
});
afterEach(() => harness.close());

test('an engine that is away is told within a minute, in words', async () => {
  const story = await harness.story();
  await harness.stopEngine();
  await story.approve();
  await story.sleepWithoutEngine(40_000);
  const { state, blocked } = await story.until((account) => account.blocked !== null);
  expect(state).toBe('approved');
  expect(blocked).toMatchObject({ code: 'EngineOffline', step: 'stage-credential', retrying: true });
  expect(blocked?.message).toMatch(new RegExp(`^Queued: no engine of ${DOMAIN} takes this step up;`));
});

test('an engine away for a week costs fewer than 100 history events, and its return is enough', async () => {
  const story = await harness.story();
  await harness.stopEngine();
  await story.approve();
  await story.sleepWithoutEngine(7 * DAY_MS);
  expect(await story.snapshot()).toMatchObject({ state: 'approved', blocked: { code: 'EngineOffline' } });
  const history = await story.history();
  expect(history.length).toBeLessThan(100);
  // The week really passed: a round a day.
  const rounds = history.filter((event) => event.activityTaskTimedOutEventAttributes);
  expect(rounds.length).toBeGreaterThanOrEqual(6);
  await harness.startEngine();
  const account = await story.until(({ state }) => state === 'active');
  expect(account.blocked).toBeNull();
  expect((await story.history()).length).toBeLessThan(130);
  expect(story.recorded().map(({ type }) => type)).toEqual([
    'submitted',
    'voted',
    'approved',
    'blocked',
    'unblocked',
    'provisioned',
  ]);
  // Its own day, not the clock's: that may run on as soon as nothing is left to do.
  const day = story.recorded().at(-1)!.at.slice(0, 10);
  expect(account.startsAt).toBe(`${day}T00:00:00.000Z`);
});

test('a request that waits for the engine can be withdrawn, which waits for the engine too', async () => {
  const story = await harness.story();
  await harness.stopEngine();
  await story.approve();
  await story.sleepWithoutEngine(HOUR_MS);
  expect(await story.act('withdraw', REQUESTER)).toMatchObject({ account: { state: 'withdrawing' } });
  await story.sleepWithoutEngine(HOUR_MS);
  await story.until(({ blocked }) => blocked?.step === 'revoke-credential');
  await harness.startEngine();
  expect(await story.result()).toMatchObject({ state: 'withdrawn' });
  expect(harness.fakes.names()).not.toContain('stageCredential');
});

test('a renewal that was approved before the end counts from the last vote, however late it is carried out', async () => {
  const story = await harness.story(HOURLY_EXPIRING);
  const { startsAt, endsAt } = await story.activate();
  await story.sleep('50 minutes');
  await harness.stopEngine();
  await story.act('request-renewal', OWNER);
  await story.decide(APPROVER, 'approve');
  await story.sleepWithoutEngine(3 * HOUR_MS);
  await story.until(({ state, ended }) => state === 'renewing' && ended);
  await harness.startEngine();
  const renewed = await story.until(({ state }) => state !== 'renewing');
  expect(renewed.startsAt).toBe(endsAt);
  expect(Date.parse(renewed.endsAt!) - Date.parse(startsAt!)).toBe(2 * HOUR_MS);
});

test('another cause is told when the engine is back', async () => {
  const story = await harness.story();
  await harness.stopEngine();
  await story.approve();
  await story.sleepWithoutEngine(2 * HOUR_MS);
  const before = await story.until(({ blocked }) => blocked?.code === 'EngineOffline');
  harness.fakes.fail('stageCredential', 'VaultSealed');
  await harness.startEngine();
  await story.called('stageCredential', 1);
  await story.sleep('1 minute');
  const after = await story.until(({ blocked }) => blocked?.code === 'VaultSealed');
  expect(Date.parse(after.blocked?.since ?? '')).toBeGreaterThan(Date.parse(before.blocked?.since ?? ''));
});

test('a vault that is away for a day costs fewer than 100 history events', async () => {
  const story = await harness.story();
  harness.fakes.fail('stageCredential', 'VaultUnavailable');
  await story.approve();
  await story.called('stageCredential', 1);
  await story.sleep('1 day');
  expect((await story.history()).length).toBeLessThan(100);
  harness.fakes.recover();
  await story.sleep('1 minute');
  await story.until(({ state }) => state === 'active');
});

test('resume tries a waiting step at once, and a step that fails again stays blocked', async () => {
  const story = await harness.story();
  harness.fakes.fail('stageCredential', 'VaultMountMissing');
  await story.approve();
  const { blocked } = await story.until((account) => account.blocked !== null);
  expect(await story.act('resume', ADMINISTRATOR)).toMatchObject({ account: { state: 'approved', blocked } });
  await story.called('stageCredential', 2);
  await story.sleep('1 minute');
  expect(await story.snapshot()).toMatchObject({ blocked });
  expect(story.recorded().filter(({ type }) => type === 'blocked')).toHaveLength(1);
});

test('resume cuts the wait between two attempts short', async () => {
  const story = await harness.story();
  harness.fakes.fail('stageCredential', 'VaultUnavailable');
  await story.approve();
  await story.called('stageCredential', 1);
  await story.sleep('30 minutes');
  harness.fakes.recover();
  const [askedAt, calls] = [await story.now(), harness.fakes.inputsOf('stageCredential').length];
  await story.act('resume', ADMINISTRATOR);
  await story.called('stageCredential', calls + 1);
  await story.until(({ state }) => state === 'active');
  expect((await story.now()) - askedAt).toBeLessThan(10_000);
});

test('resume is refused where nothing is blocked', async () => {
  const story = await harness.story();
  await story.activate();
  expect(await story.act('resume', ADMINISTRATOR)).toMatchObject({ code: 'StateConflict' });
});

test('an engine that refuses our own account is asked only every ten minutes', async () => {
  const story = await harness.story();
  harness.fakes.fail('establishAccount', 'DirectoryBindRejected');
  await story.approve();
  await story.called('establishAccount', 1);
  await story.sleep('1 hour');
  expect(await story.snapshot()).toMatchObject({ blocked: { code: 'DirectoryBindRejected', retrying: true } });
  expect(harness.fakes.inputsOf('establishAccount').length).toBeLessThanOrEqual(8);
});

test('an error that is not in the catalogue is blocked with words of ours, not with its own', async () => {
  const story = await harness.story();
  harness.fakes.behave({
    stageCredential: async () => {
      throw new TypeError('cannot read hunter2');
    },
  });
  await story.submit();
  await story.decide(APPROVER, 'approve');
  await story.called('stageCredential', 1);
  await story.sleep('1 minute');
  const { blocked } = await story.until((account) => account.blocked !== null);
  expect(blocked).toMatchObject({ code: 'UnexpectedError', retrying: true });
  expect(blocked?.message).not.toContain('hunter2');
});
