import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TemplateParts } from '../support/fake-activities.ts';
import { HOURLY } from '../support/engine-steps.ts';
import { createHarness, OWNER, type Harness, type Story } from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const DELETED_AT_END: TemplateParts = {
  lifecycle: { intervals: ['PT1H'], renewalWindow: 'PT30M', endOfLife: 'delete' },
};

const types = (story: Story) => story.recorded().map(({ type }) => type);

test('at the end date an account is disabled and expires, to the second', async () => {
  const story = await harness.story();
  const { endsAt } = await story.activate();
  await story.sleep('364 days');
  expect(await story.snapshot()).toMatchObject({ state: 'active' });
  await story.sleep('3 days');
  expect(await story.until(({ state }) => state === 'expired')).toMatchObject({ endsAt });
  const expired = story.recorded().at(-1);
  expect(expired).toMatchObject({ type: 'expired', actor: 'system' });
  expect(Math.abs(Date.parse(expired?.at ?? '') - Date.parse(endsAt ?? ''))).toBeLessThan(1_000);
  expect(harness.fakes.inputsOf('disableAccount')).toHaveLength(1);
});

test('an account that its owner switched off expires without another word to the directory', async () => {
  const story = await harness.story(HOURLY);
  await story.activate();
  await story.act('disable', OWNER);
  await story.sleep('61 minutes');
  await story.until(({ state }) => state === 'expired');
  expect(harness.fakes.inputsOf('disableAccount')).toHaveLength(1);
});

test('where the template says delete, the end date deletes object and secret', async () => {
  const story = await harness.story(DELETED_AT_END);
  const account = await story.activate();
  expect(await story.result()).toMatchObject({ state: 'retired' });
  expect(types(story).slice(-3)).toEqual(['provisioned', 'retirement-requested', 'retired']);
  expect(harness.fakes.inputsOf('deleteAccount')).toMatchObject([{ objectGuid: account.objectGuid }]);
  expect(harness.fakes.inputsOf('revokeCredential')).toMatchObject([{ vaultPath: account.secret?.vaultPath }]);
});

test('before its window a renewal is refused', async () => {
  const story = await harness.story();
  await story.activate();
  await story.sleep('300 days');
  expect(await story.act('renew', OWNER)).toMatchObject({ code: 'RenewalNotOpen' });
});

test('a renewal inside the window begins where the old period ends', async () => {
  const story = await harness.story();
  const { endsAt } = await story.activate();
  await story.sleep('340 days');
  const renewed = await story.act('renew', OWNER);
  expect(renewed).toMatchObject({ account: { state: 'active', startsAt: endsAt } });
  const { account } = renewed as { account: { endsAt: string } };
  expect(harness.fakes.inputsOf('applyExpiry')).toMatchObject([{ expiresAt: account.endsAt }]);
  expect(harness.fakes.names()).not.toContain('enableAccount');
});

test('a renewal after the end enables the account again, from now on', async () => {
  const story = await harness.story(HOURLY);
  const { endsAt } = await story.activate();
  await story.sleep('3 hours');
  await story.until(({ state }) => state === 'expired');
  const renewed = await story.act('renew', OWNER);
  const { account } = renewed as { account: { startsAt: string; state: string } };
  expect(account.state).toBe('active');
  expect(Date.parse(account.startsAt)).toBeGreaterThan(Date.parse(endsAt ?? '') + 3_600_000);
  const changes = harness.fakes.names().filter((name) => name !== 'recordTransition');
  expect(changes.slice(-3)).toEqual(['disableAccount', 'applyExpiry', 'enableAccount']);
});

test('an owner switches the account off and on', async () => {
  const story = await harness.story();
  await story.activate();
  expect(await story.act('disable', OWNER)).toMatchObject({ account: { state: 'disabled' } });
  expect(await story.act('disable', OWNER)).toMatchObject({ code: 'StateConflict' });
  expect(await story.act('renew', OWNER)).toMatchObject({ code: 'RenewalNotOpen' });
  expect(await story.act('enable', OWNER)).toMatchObject({ account: { state: 'active' } });
});

test.each(['active', 'disabled', 'expired'] as const)(
  'retires from %s, and answers before it is done',
  async (state) => {
    const story = await harness.story(HOURLY);
    await story.activate();
    if (state === 'disabled') await story.act('disable', OWNER);
    if (state === 'expired') await story.sleep('2 hours');
    await story.until((account) => account.state === state);
    harness.fakes.fail('deleteAccount', 'DirectoryAccessDenied');
    expect(await story.act('retire', OWNER)).toMatchObject({ account: { state: 'retiring' } });
    await story.until(({ blocked }) => blocked?.step === 'delete-account');
    harness.fakes.recover();
    await story.act('resume', 'ada');
    expect(await story.result()).toMatchObject({ state: 'retired', blocked: null });
  },
);

test('an object that is gone from the directory is no obstacle to retiring', async () => {
  const story = await harness.story();
  await story.activate();
  harness.fakes.fail('deleteAccount', 'DirectoryObjectMissing');
  await story.act('retire', OWNER);
  expect(await story.result()).toMatchObject({ state: 'retired' });
});

test('a secret of somebody else stops a retirement for a person to look at', async () => {
  const story = await harness.story();
  await story.activate();
  harness.fakes.fail('revokeCredential', 'VaultPathConflict');
  await story.act('retire', OWNER);
  await story.until(({ blocked }) => blocked?.code === 'VaultPathConflict');
});

test.each([
  ['disable', 'disableAccount'],
  ['renew', 'applyExpiry'],
] as const)('a retirement supersedes a %s that cannot be done', async (action, activity) => {
  const story = await harness.story(HOURLY);
  await story.activate();
  await story.sleep('40 minutes');
  harness.fakes.fail(activity, 'DirectoryAccessDenied');
  const given = story.act(action, OWNER);
  await story.until(({ blocked }) => blocked !== null);
  expect(await story.act('retire', OWNER)).toMatchObject({ account: { state: 'retiring', blocked: null } });
  expect(await given).toMatchObject({ code: 'StateConflict' });
  expect(await story.result()).toMatchObject({ state: 'retired' });
});

test('a retirement supersedes an expiry that cannot be done', async () => {
  const story = await harness.story(HOURLY);
  await story.activate();
  harness.fakes.fail('disableAccount', 'DirectoryAccessDenied');
  await story.sleep('61 minutes');
  await story.until(({ blocked }) => blocked !== null);
  await story.act('retire', OWNER);
  expect(await story.result()).toMatchObject({ state: 'retired' });
});

test('twenty years of renewals, each run with a short history of its own', async () => {
  const story = await harness.story();
  const first = await story.activate();
  const runs = new Set<string>();
  let longest = 0;
  for (let year = 1; year <= 20; year += 1) {
    await story.sleep(year === 1 ? '345 days' : '365 days');
    runs.add(await story.runId());
    const answer = await story.act('renew', OWNER);
    expect(answer).toMatchObject({ account: { state: 'active' } });
    longest = Math.max(longest, (await story.history()).length);
  }
  const last = await story.until(({ state }) => state === 'active');
  expect(Number(last.endsAt?.slice(0, 4))).toBe(Number(first.endsAt?.slice(0, 4)) + 20);
  expect(last.endsAt?.slice(4)).toBe(first.endsAt?.slice(4));
  expect(runs.size).toBe(20);
  expect(longest).toBeLessThan(250);
});
