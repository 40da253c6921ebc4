/** A freeze that comes while a destructive step, admitted already, waits for its engine or its directory. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { HOURLY, HOURLY_WITH_GRACE } from '../support/engine-steps.ts';
import type { ActivityName, TemplateParts } from '../support/fake-activities.ts';
import { ADMINISTRATOR, createHarness, OWNER, type Harness, type Story } from '../support/lifecycle-harness.ts';
import { beginNextRun } from '../support/next-run.ts';
import { activate, isIn, quarantine } from '../support/ways-to-steps.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

let harness: Harness;
beforeEach(async () => {
  harness = await createHarness();
});
afterEach(() => harness.close());

interface Destruction {
  readonly title: string;
  readonly activity: ActivityName;
  readonly template: TemplateParts;
  readonly reach: (story: Story) => Promise<unknown>;
  /** While no engine runs. */
  readonly begin: (story: Story) => Promise<unknown>;
  readonly isDone: (account: Account) => boolean;
}

const untilTheEnd = (story: Story) => story.sleepWithoutEngine(HOUR_MS);
const retire = (story: Story) => story.act('retire', OWNER);
const DESTRUCTIONS: readonly Destruction[] = [
  {
    title: 'the end of its period',
    activity: 'disableAccount',
    template: HOURLY,
    reach: activate,
    begin: untilTheEnd,
    isDone: isIn('expired'),
  },
  {
    title: 'its deletion at the end',
    activity: 'deleteAccount',
    template: { lifecycle: { ...HOURLY.lifecycle!, endOfLife: 'delete' } },
    reach: activate,
    begin: untilTheEnd,
    isDone: isIn('retired'),
  },
  {
    title: 'a retirement for good',
    activity: 'deleteAccount',
    template: HOURLY,
    reach: activate,
    begin: retire,
    isDone: isIn('retired'),
  },
  {
    title: 'a retirement that can be undone',
    activity: 'quarantineAccount',
    template: HOURLY_WITH_GRACE,
    reach: activate,
    begin: retire,
    isDone: isIn('quarantined'),
  },
  {
    title: 'the deletion after its grace period',
    activity: 'deleteAccount',
    template: HOURLY_WITH_GRACE,
    reach: quarantine,
    begin: untilTheEnd,
    isDone: isIn('retired'),
  },
];

const freeze = (): void => harness.fakes.fail('admitDestructiveStep', 'Frozen');
const isBlockedBy = (code: string) => (account: Account) => account.blocked?.code === code;
const destroyed = (): ActivityName[] =>
  harness.fakes
    .names()
    .filter((name) => ['disableAccount', 'quarantineAccount', 'deleteAccount', 'revokeCredential'].includes(name));

describe.each(DESTRUCTIONS)('$title', ({ activity, template, reach, begin, isDone }) => {
  test('waits for the thaw when the engine returns to a domain that was frozen meanwhile', async () => {
    const story = await harness.story(template);
    await reach(story);
    const before = destroyed();
    const asked = harness.fakes.inputsOf('admitDestructiveStep').length;
    await harness.stopEngine();
    await begin(story);
    await story.sleepWithoutEngine(2 * MINUTE_MS);
    await story.until(isBlockedBy('EngineOffline'));
    const [admission, ...more] = harness.fakes.inputsOf('admitDestructiveStep').slice(asked);
    expect(more).toEqual([]);
    freeze();
    await story.sleepWithoutEngine(3 * HOUR_MS);
    await harness.startEngine();
    const { blocked } = await story.until(isBlockedBy('Frozen'));
    expect(blocked).toMatchObject({ step: 'admit-destructive-step', retrying: true });
    await story.sleep('3 hours');
    expect(destroyed()).toEqual(before);
    harness.fakes.recover();
    await story.sleep('1 minute');
    await story.until(isDone);
    expect(destroyed()[before.length]).toBe(activity);
    // Counted by the brake as one step, as of the last time.
    const admissions = harness.fakes.inputsOf('admitDestructiveStep').slice(asked);
    expect(admissions.filter(({ step }) => step === admission!.step)).toEqual(admissions.map(() => admission));
  });
});

test('an engine away for a week at the end costs fewer than 100 history events, and its return is enough', async () => {
  // Without reminders, which cost events of their own.
  const lifecycle = { ...HOURLY.lifecycle!, notices: { whenRenewalOpens: false } };
  const story = await harness.story({ lifecycle });
  await story.activate();
  const before = (await story.history()).length;
  await harness.stopEngine();
  await story.sleepWithoutEngine(7 * DAY_MS);
  await story.until(isBlockedBy('EngineOffline'));
  expect((await story.history()).length - before).toBeLessThan(100);
  await harness.startEngine();
  await story.until(isIn('expired'));
  expect(destroyed()).toEqual(['disableAccount']);
  expect(harness.fakes.inputsOf('admitDestructiveStep')).toHaveLength(2);
});

test('a directory that is away: the step waits by a question, and for the thaw', async () => {
  const story = await harness.story(HOURLY);
  await story.activate();
  harness.fakes.fail('disableAccount', 'DirectoryUnavailable');
  harness.fakes.fail('captureAccount', 'DirectoryUnavailable');
  await story.sleep('2 hours');
  await story.until(isBlockedBy('DirectoryUnavailable'));
  const tried = destroyed();
  harness.fakes.recover();
  freeze();
  await story.sleep('2 minutes');
  await story.until(isBlockedBy('Frozen'));
  expect(destroyed()).toEqual(tried);
  harness.fakes.recover();
  await story.sleep('1 minute');
  await story.until(isIn('expired'));
});

test('a cause that the question does not meet: the step is admitted anew before each of its rounds', async () => {
  const story = await harness.story(HOURLY);
  await story.activate();
  const run = await story.runId();
  const before = (await story.history()).length;
  harness.fakes.fail('disableAccount', 'DirectoryReadBackMismatch');
  await story.sleep('1 day');
  await story.until(isBlockedBy('DirectoryReadBackMismatch'));
  // Of the newest run alone, the history says nothing of rounds without a pause.
  expect(await story.runId()).toBe(run);
  expect((await story.history()).length - before).toBeLessThan(300);
  const admissions = harness.fakes.inputsOf('admitDestructiveStep').length;
  expect(admissions).toBeGreaterThan(4);
  expect(admissions).toBeLessThan(20);
  expect(destroyed().length).toBeLessThan(100);
  freeze();
  await story.act('resume', ADMINISTRATOR);
  await story.until(isBlockedBy('Frozen'));
  const tried = destroyed().length;
  await story.sleep('1 day');
  expect(destroyed()).toHaveLength(tried);
  harness.fakes.recover();
  await story.sleep('1 minute');
  await story.until(isIn('expired'));
});

test.each([
  { title: 'a retirement for good', template: HOURLY, reach: activate, begin: retire },
  { title: 'after its grace period', template: HOURLY_WITH_GRACE, reach: quarantine, begin: untilTheEnd },
])('a deletion that the next run takes up is admitted anew: $title', async ({ template, reach, begin }) => {
  const story = await harness.story(template);
  await reach(story);
  harness.fakes.fail('deleteAccount', 'DirectoryAccessDenied');
  await begin(story);
  await story.until(isBlockedBy('DirectoryAccessDenied'));
  freeze();
  const tried = destroyed().length;
  await beginNextRun(story);
  await story.until(isBlockedBy('Frozen'));
  expect(destroyed()).toHaveLength(tried);
});
