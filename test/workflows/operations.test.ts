/** The same operation id is the same request: it gets its first answer, however late, also from a later run. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOURLY } from '../support/engine-steps.ts';
import { createHarness, APPROVER, OWNER, type Harness, type Story } from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

async function renewed(story: Story, operationId: string = randomUUID()): Promise<unknown> {
  const account = await story.snapshot();
  await story.sleep(Date.parse(account?.renewalOpensAt ?? '') - (await story.now()) + 1_000);
  const run = await story.runId();
  const answer = await story.act('renew', OWNER, operationId);
  await story.sleep('11 seconds');
  await story.laterRun(run);
  return answer;
}

test('a repeated vote gets its first answer, though it could not be cast again', async () => {
  const story = await harness.story();
  await story.submit();
  const first = await story.decide(APPROVER, 'approve', { operationId: 'vote-1' });
  expect(first).toMatchObject({ account: { state: 'approved' } });
  await story.until(({ state }) => state === 'active');
  expect(await story.decide(APPROVER, 'approve', { operationId: 'vote-1' })).toEqual(first);
  expect(await story.decide(APPROVER, 'approve', { operationId: 'vote-2' })).toMatchObject({ code: 'StateConflict' });
});

test('a repeated change is made once, also while the first one is under way', async () => {
  const story = await harness.story();
  await story.activate();
  const gate = harness.fakes.hold('disableAccount');
  const both = [story.act('disable', OWNER, 'off'), story.act('disable', OWNER, 'off')];
  await story.called('disableAccount', 1);
  gate.open();
  const [first, second] = await Promise.all(both);
  expect(first).toMatchObject({ account: { state: 'disabled' } });
  expect(second).toEqual(first);
  await story.act('enable', OWNER);
  expect(await story.act('disable', OWNER, 'off')).toEqual(first);
  expect(harness.fakes.inputsOf('disableAccount')).toHaveLength(1);
});

test('a renewal continues as new; operations of earlier runs keep their answers', async () => {
  const story = await harness.story(HOURLY);
  const submitted = await story.submit();
  const approved = await story.decide(APPROVER, 'approve', { operationId: 'vote' });
  await story.until(({ state }) => state === 'active');
  const first = await renewed(story, 'renewal-1');
  const second = await renewed(story, 'renewal-2');
  expect(second).not.toEqual(first);
  const calls = harness.fakes.calls.length;
  expect(await story.act('renew', OWNER, 'renewal-1')).toEqual(first);
  expect(await story.act('renew', OWNER, 'renewal-2')).toEqual(second);
  expect(await story.decide(APPROVER, 'approve', { operationId: 'vote' })).toEqual(approved);
  expect(await story.submit()).toEqual(submitted);
  expect(harness.fakes.calls).toHaveLength(calls);
});

test('the newest twenty operations are remembered', async () => {
  const story = await harness.story();
  await story.activate();
  const first = await story.act('disable', OWNER, 'operation-0');
  for (let i = 1; i < 20; i += 1) await story.act(i % 2 === 0 ? 'disable' : 'enable', OWNER, `operation-${i}`);
  expect(await story.act('disable', OWNER, 'operation-0')).toEqual(first);
  await story.act('disable', OWNER, 'operation-20');
  expect(await story.act('disable', OWNER, 'operation-0')).toMatchObject({ code: 'StateConflict' });
});

test('sequence numbers go on across runs', async () => {
  const story = await harness.story(HOURLY);
  await story.activate();
  await renewed(story);
  await renewed(story);
  const sequences = story.recorded().map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
});
