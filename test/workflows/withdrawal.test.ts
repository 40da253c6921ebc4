/** A withdrawal, or a cancellation, at every moment of provisioning: afterwards there is neither object nor secret. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHarness, REQUESTER, type Harness, type Story } from '../support/lifecycle-harness.ts';
import type { ActivityName } from '../support/fake-activities.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const STEPS = ['stageCredential', 'establishAccount', 'promoteCredential'] as const;

const WAYS: readonly (readonly [string, (story: Story) => Promise<unknown>])[] = [
  ['withdrawn', (story) => story.act('withdraw', REQUESTER)],
  ['cancelled', (story) => story.cancel()],
];

/** What undoes a provisioning that came as far as `step`. */
function undoing(step: ActivityName): ActivityName[] {
  return step === 'stageCredential' ? ['revokeCredential'] : ['deleteAccount', 'revokeCredential'];
}

async function expectUndone(story: Story, step: ActivityName): Promise<void> {
  expect(await story.result()).toMatchObject({ state: 'withdrawn', blocked: null });
  const names: ActivityName[] = harness.fakes.names().filter((name) => name !== 'recordTransition');
  expect(names.slice(names.lastIndexOf(step) + 1)).toEqual(undoing(step));
  const types = story.recorded().map(({ type }) => type);
  expect(types.slice(-2)).toEqual(['withdrawal-requested', 'withdrawn']);
}

describe.each(WAYS)('%s', (_way, withdraw) => {
  test.each(STEPS)('while %s is blocked until a person acts', async (step) => {
    const story = await harness.story();
    harness.fakes.fail(step, 'DirectoryAccessDenied');
    await story.approve();
    await story.until(({ blocked }) => blocked !== null);
    await withdraw(story);
    await expectUndone(story, step);
  });

  test.each(STEPS)('while %s is blocked and tried again and again', async (step) => {
    const story = await harness.story();
    harness.fakes.fail(step, 'DirectoryUnavailable');
    await story.approve();
    await story.called(step, 1);
    await story.sleep('5 minutes');
    await story.until(({ blocked }) => blocked !== null);
    await withdraw(story);
    await expectUndone(story, step);
  });

  const ends = STEPS.flatMap((step) => [
    { step, then: 'succeeds', failure: undefined },
    // Not in a way that is tried again: once the cancellation is asked for, the time-skipping server does not take that.
    { step, then: 'fails', failure: 'DirectoryAccessDenied' as const },
  ]);
  test.each(ends)('while the engine works on $step, which then $then', async ({ step, failure }) => {
    const story = await harness.story();
    const gate = harness.fakes.hold(step, failure);
    await story.approve();
    await story.called(step, 1);
    const withdrawn = withdraw(story);
    await story.cancelArrives();
    await story.rests();
    // What may still have an effect is not undone yet.
    expect(harness.fakes.names().filter((name) => undoing(step).includes(name))).toEqual([]);
    gate.open();
    await withdrawn;
    await expectUndone(story, step);
    expect(harness.fakes.inputsOf(step)).toHaveLength(1);
  });
});

test('the withdrawal is answered when it is on record, before it is carried out', async () => {
  const story = await harness.story();
  harness.fakes.fail('promoteCredential', 'VaultAccessDenied');
  await story.approve();
  await story.until(({ blocked }) => blocked !== null);
  harness.fakes.fail('deleteAccount', 'DirectoryAccessDenied');
  expect(await story.act('withdraw', REQUESTER)).toMatchObject({ account: { state: 'withdrawing', blocked: null } });
  await story.until(({ blocked }) => blocked?.step === 'delete-account');
  expect(await story.act('withdraw', REQUESTER)).toMatchObject({ code: 'StateConflict' });
});

test('the second of two withdrawals is refused as soon as the first is on record', async () => {
  const story = await harness.story();
  const gate = harness.fakes.hold('establishAccount');
  harness.fakes.fail('deleteAccount', 'DirectoryAccessDenied');
  await story.approve();
  await story.called('establishAccount', 1);
  const both = [story.act('withdraw', REQUESTER), story.act('withdraw', REQUESTER)];
  await story.cancelArrives();
  gate.open();
  const answers = await Promise.all(both);
  expect(answers).toContainEqual(expect.objectContaining({ code: 'StateConflict' }));
  expect(await story.snapshot()).toMatchObject({ state: 'withdrawing' });
});

test('a known object is deleted by its GUID', async () => {
  const story = await harness.story();
  harness.fakes.fail('promoteCredential', 'VaultAccessDenied');
  await story.approve();
  await story.until(({ blocked }) => blocked !== null);
  await story.act('withdraw', REQUESTER);
  await story.result();
  expect(harness.fakes.inputsOf('deleteAccount')).toMatchObject([
    { objectGuid: '3f2504e0-4f89-11d3-9a0c-0305e82c3301', samAccountName: 'svc-payroll' },
  ]);
});

test('a withdrawal that comes after the account is active is refused', async () => {
  const story = await harness.story();
  await story.activate();
  expect(await story.act('withdraw', REQUESTER)).toMatchObject({ code: 'StateConflict' });
});

test('a cancellation leaves a living account alone', async () => {
  const story = await harness.story();
  await story.activate();
  await story.cancel();
  await story.sleep('1 day');
  expect(await story.snapshot()).toMatchObject({ state: 'active' });
  expect(harness.fakes.names()).not.toContain('deleteAccount');
});
