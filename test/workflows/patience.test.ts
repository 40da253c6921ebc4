/** Every engine step, failing once, for ever in a way that mends itself, and for ever until a person acts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINE_STEPS } from '../support/engine-steps.ts';
import { ADMINISTRATOR, createHarness, type Harness } from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

test('another cause than the one on record is told within minutes', async () => {
  const story = await harness.story();
  harness.fakes.fail('stageCredential', 'VaultUnavailable');
  await story.approve();
  await story.called('stageCredential', 1);
  await story.sleep('20 seconds');
  await story.until(({ blocked }) => blocked?.code === 'VaultUnavailable');
  harness.fakes.fail('stageCredential', 'VaultSealed');
  await story.sleep('7 minutes');
  await story.until(({ blocked }) => blocked?.code === 'VaultSealed');
  harness.fakes.recover();
  await story.sleep('2 minutes');
  await story.until(({ state }) => state === 'active');
});

test('who resumes while an attempt is under way is answered at once, whoever else does so at its end; the attempt counts', async () => {
  const story = await harness.story();
  harness.fakes.fail('establishAccount', 'DirectoryUnavailable');
  await story.approve();
  await story.until(({ blocked }) => blocked?.step === 'establish-account');
  // Three of the first round, and the first of the next.
  await story.called('establishAccount', 4);
  const gate = harness.fakes.hold('establishAccount');
  const skipped = story.sleep('7 seconds');
  await story.called('establishAccount', 5);
  const isAnswered = { account: { state: 'approved' } };
  expect(await story.act('resume', ADMINISTRATOR)).toMatchObject(isAnswered);
  const another = story.act('resume', ADMINISTRATOR);
  await story.rests();
  gate.open();
  expect(await another).toMatchObject(isAnswered);
  await story.until(({ state }) => state === 'active');
  await skipped;
  expect(harness.fakes.inputsOf('establishAccount')).toHaveLength(5);
});

const isBlockWord = (type: string): boolean => type === 'blocked' || type === 'unblocked';

describe.each(ENGINE_STEPS)('$title', ({ step, activity, template, during, reach, begin, isDone }) => {
  test('fails twice: tried again before anybody notices', async () => {
    const story = await harness.story(template);
    await reach(story, harness.fakes);
    const before = story.recorded().length;
    harness.fakes.fail(activity, 'DirectoryUnavailable', 2);
    const calls = harness.fakes.inputsOf(activity).length;
    const begun = begin(story);
    await story.called(activity, calls + 1);
    await story.sleep('20 seconds');
    await story.until(isDone);
    await begun;
    expect(
      story
        .recorded()
        .slice(before)
        .map(({ type }) => type)
        .filter(isBlockWord),
    ).toEqual([]);
  });

  test('fails for long: blocked, and goes on by itself', async () => {
    const story = await harness.story(template);
    await reach(story, harness.fakes);
    harness.fakes.fail(activity, 'DirectoryUnavailable');
    const calls = harness.fakes.inputsOf(activity).length;
    const begun = begin(story);
    await story.called(activity, calls + 1);
    await story.sleep('20 seconds');
    const account = await story.until(({ blocked }) => blocked?.code === 'DirectoryUnavailable');
    expect(account).toMatchObject({ state: during, blocked: { step, retrying: true } });
    await story.sleep('3 minutes');
    harness.fakes.recover();
    await story.sleep('1 minute');
    expect(await story.until(isDone)).toMatchObject({ blocked: null });
    await begun;
    const events = story.recorded().map(({ type, detail }) => ({ type, step: detail['step'] }));
    expect(events).toContainEqual({ type: 'blocked', step });
    expect(events).toContainEqual({ type: 'unblocked', step });
  });

  test('is refused: blocked until somebody resumes it', async () => {
    const story = await harness.story(template);
    await reach(story, harness.fakes);
    harness.fakes.fail(activity, 'DirectoryAccessDenied');
    const calls = harness.fakes.inputsOf(activity).length;
    const begun = begin(story);
    await story.called(activity, calls + 1);
    await story.sleep('20 seconds');
    const account = await story.until(({ blocked }) => blocked?.code === 'DirectoryAccessDenied');
    expect(account).toMatchObject({ state: during, blocked: { step, retrying: false } });
    harness.fakes.recover();
    await story.sleep('1 minute');
    expect(await story.snapshot()).toMatchObject({ state: during, blocked: { step } });
    expect(await story.act('resume', ADMINISTRATOR)).toMatchObject({ account: { state: during } });
    expect(await story.until(isDone)).toMatchObject({ blocked: null });
    await begun;
  });
});
