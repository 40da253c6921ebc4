/** An admission is good for what begins at once, not for what begins when its answer is read at last. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failure } from '../../activities/failure.ts';
import { HOURLY_WITH_GRACE } from '../support/engine-steps.ts';
import { createHarness, OWNER, type Harness, type Story } from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const isFrozen = (story: Story) => story.until(({ blocked }) => blocked?.code === 'Frozen');
const admissions = () => harness.fakes.inputsOf('admitDestructiveStep').length;

test('a thaw that is over when it is heard of changes nothing', async () => {
  const story = await harness.story(HOURLY_WITH_GRACE);
  await story.activate();
  harness.fakes.fail('admitDestructiveStep', 'Frozen');
  await story.act('retire', OWNER);
  await isFrozen(story);
  await story.sleep('30 minutes');
  let isThawed = true;
  harness.fakes.behave({
    admitDestructiveStep: async () => {
      if (!isThawed) throw failure('Frozen', 'ada has frozen the domain again.', { scope: 'domain' });
      isThawed = false;
    },
  });
  const before = admissions();
  await story.sleep('2 minutes');
  await story.until(() => admissions() >= before + 2);
  await isFrozen(story);
  expect(harness.fakes.inputsOf('captureAccount')).toEqual([]);
  harness.fakes.recover();
  await story.sleep('2 minutes');
  await story.until(({ state }) => state === 'quarantined');
});
