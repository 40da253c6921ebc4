import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TemplateParts } from '../support/fake-activities.ts';
import { createHarness, REQUESTER, type Harness } from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const of = (...users: string[]) => ({ users, groups: [] });

const TWO_STEPS: TemplateParts = {
  approval: {
    steps: [
      { name: 'Manager', approvers: of('anna'), quorum: 1 },
      { name: 'Security', approvers: of('bert', 'cleo', 'dora', REQUESTER), quorum: 2 },
    ],
  },
};

test('the last vote that is needed approves', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  expect(await story.decide('anna', 'approve')).toMatchObject({
    account: { state: 'submitted', approval: { openStep: 1 } },
  });
  expect(await story.decide('bert', 'approve')).toMatchObject({
    account: { state: 'submitted', approval: { openStep: 1 } },
  });
  expect(await story.decide('dora', 'approve')).toMatchObject({
    account: { state: 'approved', approval: { openStep: 2 } },
  });
  expect(story.recorded().map(({ type, actor }) => [type, actor])).toEqual([
    ['submitted', REQUESTER],
    ['voted', 'anna'],
    ['voted', 'bert'],
    ['voted', 'dora'],
    ['approved', 'dora'],
  ]);
});

test('one denial rejects, tells why, and ends the workflow', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  await story.decide('anna', 'approve');
  expect(await story.decide('cleo', 'deny')).toMatchObject({ account: { state: 'rejected' } });
  expect(await story.result()).toMatchObject({ state: 'rejected', sequence: 4 });
  const last = story.recorded().at(-1);
  expect(last).toMatchObject({ type: 'rejected', actor: 'cleo', detail: { reason: 'Not needed any more' } });
  expect(harness.fakes.names()).not.toContain('stageCredential');
});

test.each([
  ['the requester, though listed', REQUESTER, 'SelfApproval'],
  ['somebody of another step', 'anna', 'NotAnApprover'],
  ['somebody who voted on this step', 'bert', 'AlreadyDecided'],
  ['a stranger', 'zoe', 'NotAnApprover'],
])('%s may not vote', async (_who, actor, code) => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  await story.decide('anna', 'approve');
  await story.decide('bert', 'approve');
  expect(await story.decide(actor, 'approve')).toMatchObject({ code });
  expect(story.recorded()).toHaveLength(3);
});

test('a denial without a reason is refused', async () => {
  const story = await harness.story();
  await story.submit();
  expect(await story.decide('anna', 'deny', { reason: null })).toMatchObject({ code: 'InvalidRequest' });
});

test('votes that arrive at once are counted one by one', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  await story.decide('anna', 'approve');
  const answers = await Promise.all([
    story.decide('bert', 'approve'),
    story.decide('bert', 'approve'),
    story.decide('cleo', 'approve'),
    story.decide('dora', 'approve'),
  ]);
  const states = answers.map((answer) => ('code' in answer ? answer.code : answer.account.state)).sort();
  // One of bert's two votes is his second, and whoever comes after the quorum comes too late.
  expect(states.filter((state) => state === 'approved')).toHaveLength(1);
  expect(states.filter((state) => state === 'submitted')).toHaveLength(1);
  const account = await story.until(({ state }) => state === 'active');
  expect(account.approval.votes).toHaveLength(3);
});

test('a withdrawal ends a request that nobody has decided', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  expect(await story.act('withdraw', REQUESTER)).toMatchObject({ account: { state: 'withdrawn' } });
  expect(await story.result()).toMatchObject({ state: 'withdrawn' });
  expect(harness.fakes.names().filter((name) => name !== 'recordTransition')).toEqual(['reserveName']);
});

test.each(['renew', 'disable', 'enable', 'retire', 'resume'] as const)(
  '%s is refused before there is an account',
  async (action) => {
    const story = await harness.story();
    await story.submit();
    expect(await story.act(action, REQUESTER)).toMatchObject({ code: 'StateConflict' });
  },
);

test('a cancellation by an operator withdraws the request', async () => {
  const story = await harness.story();
  await story.submit();
  await story.cancel();
  expect(await story.result()).toMatchObject({ state: 'withdrawn' });
  expect(story.recorded().at(-1)).toMatchObject({ type: 'withdrawn', actor: 'system' });
});
