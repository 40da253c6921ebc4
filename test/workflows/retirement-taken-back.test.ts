/** A retirement that a freeze holds up: until anything was done, it can be taken back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOURLY_WITH_GRACE } from '../support/engine-steps.ts';
import { ADMINISTRATOR, createHarness, OWNER, type Harness, type Story } from '../support/lifecycle-harness.ts';
import { beginNextRun } from '../support/next-run.ts';
import { activate, askForRenewal, disable, expire, isIn } from '../support/ways-to-steps.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const under = (endOfLife: 'disable' | 'expire' | 'delete') => ({
  lifecycle: { ...HOURLY_WITH_GRACE.lifecycle!, endOfLife },
});

async function freeze(story: Story): Promise<void> {
  harness.fakes.fail('admitDestructiveStep', 'Frozen');
  await story.act('retire', OWNER);
  await isFrozen(story);
}

const isFrozen = (story: Story) => story.until(({ blocked }) => blocked?.code === 'Frozen');
const ENGINE_WORK = ['captureAccount', 'quarantineAccount', 'suspendCredential', 'restoreAccount'];
const engineWork = () => harness.fakes.names().filter((name) => ENGINE_WORK.includes(name));

test.each([
  ['active', activate],
  ['disabled', disable],
  ['expired', expire],
] as const)('to %s, and may be asked for again', async (state, reach) => {
  const story = await harness.story(under('disable'));
  await reach(story);
  await freeze(story);
  const { retirement } = (await story.snapshot())!;
  const asBefore = { state, retirement: null, blocked: null };
  expect(await story.act('restore', OWNER)).toMatchObject({ account: asBefore });
  expect(story.recorded().at(-1)).toMatchObject({ type: 'restored', state, actor: OWNER });
  harness.fakes.recover();
  await story.sleep('2 minutes');
  expect(await story.snapshot()).toMatchObject(asBefore);
  expect(engineWork()).toEqual([]);
  await story.act('retire', OWNER);
  const again = await story.until(isIn('quarantined'));
  expect(again.retirement?.requestedAt).not.toBe(retirement?.requestedAt);
});

test('of an account that was being renewed: to what it was, without the renewal', async () => {
  const story = await harness.story(under('expire'));
  await askForRenewal(story);
  await freeze(story);
  expect(await story.act('restore', OWNER)).toMatchObject({ account: { state: 'active', renewal: null } });
});

test('in the next run too; the end that has come meanwhile is met then', async () => {
  const story = await harness.story(under('disable'));
  await story.activate();
  await freeze(story);
  // A round of asking for the admission ends first.
  await beginNextRun(story, '10 minutes');
  await story.sleep('2 hours');
  expect(await story.act('restore', OWNER)).toMatchObject({ account: { state: 'active' } });
  await isFrozen(story);
  harness.fakes.recover();
  await story.sleep('1 minute');
  await story.until(isIn('expired'));
});

test.each(['DirectoryAccessDenied', 'DirectoryUnavailable'] as const)(
  'while the object cannot be read (%s), which changes nothing',
  async (code) => {
    const story = await harness.story(under('disable'));
    await story.activate();
    harness.fakes.fail('captureAccount', code);
    await story.act('retire', OWNER);
    await story.until(({ blocked }) => blocked?.step === 'capture-account');
    expect(await story.act('restore', OWNER)).toMatchObject({ account: { state: 'active', blocked: null } });
    harness.fakes.recover();
    await story.sleep('2 minutes');
    expect(harness.fakes.inputsOf('quarantineAccount')).toEqual([]);
    expect(harness.fakes.inputsOf('admitDestructiveStep')).toHaveLength(1);
  },
);

/** An attempt of the round that follows a block is under way, until the gate is opened. */
async function heldAtItsReading(story: Story) {
  await story.activate();
  harness.fakes.fail('captureAccount', 'DirectoryUnavailable');
  await story.act('retire', OWNER);
  await story.until(({ blocked }) => blocked?.step === 'capture-account');
  // Three of the first round, and the first of the next.
  await story.called('captureAccount', 4);
  const gate = harness.fakes.hold('captureAccount');
  const skipped = story.sleep('7 seconds');
  await story.called('captureAccount', 5);
  return { gate, skipped };
}

test('after a short outage, too: the admission is asked for again', async () => {
  const story = await harness.story(under('disable'));
  const { gate, skipped } = await heldAtItsReading(story);
  harness.fakes.fail('admitDestructiveStep', 'Frozen');
  gate.open();
  await skipped;
  await isFrozen(story);
  expect(harness.fakes.inputsOf('quarantineAccount')).toEqual([]);
});

test('while the object is being read after an outage, which ends well', async () => {
  const story = await harness.story(under('disable'));
  const { gate, skipped } = await heldAtItsReading(story);
  const restored = story.act('restore', OWNER);
  await story.cancelArrives();
  gate.open();
  expect(await restored).toMatchObject({ account: { state: 'active', retirement: null, blocked: null } });
  await skipped;
  await story.sleep('2 minutes');
  expect(await story.snapshot()).toMatchObject({ state: 'active' });
  expect(harness.fakes.inputsOf('quarantineAccount')).toEqual([]);
});

test('not once something may have been done', async () => {
  const story = await harness.story(under('disable'));
  await story.activate();
  harness.fakes.fail('quarantineAccount', 'DirectoryAccessDenied');
  await story.act('retire', OWNER);
  await story.until(({ blocked }) => blocked?.step === 'quarantine-account');
  harness.fakes.fail('admitDestructiveStep', 'Frozen');
  await story.act('resume', ADMINISTRATOR);
  await isFrozen(story);
  expect(await story.act('restore', OWNER)).toMatchObject({ code: 'StateConflict' });
});

test('after an outage: what is to be put back was read in vain, and nothing was done', async () => {
  const story = await harness.story(under('disable'));
  await story.activate();
  harness.fakes.fail('captureAccount', 'DirectoryUnavailable');
  await story.act('retire', OWNER);
  await story.called('captureAccount', 1);
  await story.sleep('10 minutes');
  await story.until(({ blocked }) => blocked?.step === 'capture-account');
  harness.fakes.recover();
  harness.fakes.fail('admitDestructiveStep', 'Frozen');
  await story.sleep('1 minute');
  await isFrozen(story);
  expect(await story.act('restore', OWNER)).toMatchObject({ account: { state: 'active', retirement: null } });
});

test('not at the end under `delete`, which nobody takes back', async () => {
  const story = await harness.story(under('delete'));
  await story.activate();
  harness.fakes.fail('admitDestructiveStep', 'Frozen');
  await story.sleep('2 hours');
  await isFrozen(story);
  expect(await story.act('restore', OWNER)).toMatchObject({ code: 'RetirementFinal' });
});
