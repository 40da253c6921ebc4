/** An undo out of quarantine: what is put back, for how long it is possible, and what is told afterwards. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOURLY_WITH_GRACE } from '../support/engine-steps.ts';
import type { ActivityName, TemplateParts } from '../support/fake-activities.ts';
import { ADMINISTRATOR, createHarness, OWNER, type Harness } from '../support/lifecycle-harness.ts';
import { noticesAsked } from '../support/lived-years.ts';
import { approachDeletion, isIn, quarantine } from '../support/ways-to-steps.ts';

const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

test('the secret comes back before the object does', async () => {
  const story = await harness.story(HOURLY_WITH_GRACE);
  await quarantine(story);
  const { secret } = (await story.snapshot())!;
  await story.act('restore', OWNER);
  const undoing: ActivityName[] = ['reinstateCredential', 'restoreAccount'];
  expect(harness.fakes.names().filter((name) => undoing.includes(name))).toEqual(undoing);
  expect(harness.fakes.inputsOf('reinstateCredential')).toMatchObject([{ vaultPath: secret!.vaultPath }]);
});

test('the time for it is counted from the quarantine, however long that was held up', async () => {
  const story = await harness.story({ lifecycle: { ...HOURLY_WITH_GRACE.lifecycle!, gracePeriod: 'P5D' } });
  await story.activate();
  harness.fakes.fail('suspendCredential', 'VaultAccessDenied');
  await story.act('retire', OWNER);
  await story.until(({ blocked }) => blocked?.step === 'suspend-credential');
  await story.sleep('2 days');
  harness.fakes.recover();
  await story.act('resume', ADMINISTRATOR);
  const { retirement } = await story.until(isIn('quarantined'));
  const quarantinedAt = Date.parse(story.recorded().at(-1)!.at);
  expect(Math.abs(Date.parse(retirement!.undoUntil!) - quarantinedAt - 5 * DAY_MS)).toBeLessThan(1_000);
  expect(quarantinedAt - Date.parse(retirement!.requestedAt)).toBeGreaterThanOrEqual(2 * DAY_MS);
});

test('it comes before a deletion that is admitted at the same time', async () => {
  const story = await harness.story(HOURLY_WITH_GRACE);
  await approachDeletion(story);
  const admission = harness.fakes.hold('admitDestructiveStep');
  await story.sleep('6 seconds');
  await story.called('admitDestructiveStep', 2);
  const restoring = story.act('restore', OWNER);
  await story.cancelArrives();
  await story.rests();
  // What was admitted is on record when the undo begins.
  expect(harness.fakes.names()).not.toContain('reinstateCredential');
  admission.open();
  expect(await restoring).toMatchObject({ account: { state: 'active', retirement: null } });
  expect(harness.fakes.names()).not.toContain('deleteAccount');
});

describe('notices that fell into the time aside', () => {
  /** Reminders every hour of the 20 days before the end. */
  const terms = (whenRenewalOpens: boolean): TemplateParts => ({
    lifecycle: {
      intervals: ['P30D'],
      renewalWindow: 'P20D',
      endOfLife: 'disable',
      gracePeriod: 'P60D',
      notices: { whenRenewalOpens, remindEvery: 'PT1H', stopAfter: null },
    },
  });
  const told = () =>
    noticesAsked(harness.fakes)
      .filter(({ kind }) => /^renewal-|^ended$/.test(kind))
      .map(({ kind, dueAt }) => ({ kind, at: Date.parse(dueAt) }));

  test.each([
    [true, ['renewal-opened']],
    [false, []],
  ])('are not made up for: a window that opened is told of (%s), and reminders go on', async (isWanted, atOnce) => {
    const story = await harness.story(terms(isWanted));
    await quarantine(story);
    const { renewalOpensAt } = (await story.snapshot())!;
    await story.sleep(Date.parse(renewalOpensAt!) + 3 * DAY_MS + HOUR_MS / 2 - (await story.now()));
    await story.act('restore', OWNER);
    const restoredAt = Date.parse(story.recorded().at(-1)!.at);
    await story.rests();
    expect(told().map(({ kind }) => kind)).toEqual(atOnce);
    await story.sleep('2 hours');
    await story.rests();
    const later = told().slice(atOnce.length);
    expect(later.map(({ kind }) => kind)).toEqual(['renewal-reminder', 'renewal-reminder']);
    expect(later[0]!.at).toBeGreaterThan(restoredAt);
  });

  test('nor those of a retirement that was taken back before anything was done', async () => {
    const story = await harness.story(terms(true));
    const { renewalOpensAt } = await story.activate();
    await story.sleep(Date.parse(renewalOpensAt!) + HOUR_MS / 2 - (await story.now()));
    await story.rests();
    expect(told()).toHaveLength(1);
    harness.fakes.fail('admitDestructiveStep', 'Frozen');
    await story.act('retire', OWNER);
    await story.sleep('6 hours');
    await story.until(({ blocked }) => blocked?.code === 'Frozen');
    await story.act('restore', OWNER);
    await story.rests();
    expect(told()).toHaveLength(1);
  });
});
