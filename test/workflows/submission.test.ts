import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  APPROVER,
  createHarness,
  OWNER,
  REQUESTER,
  sampleSubmission,
  type Harness,
} from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

test('a request is on record when it is answered', async () => {
  const story = await harness.story();
  const answer = await story.submit();
  expect(answer).toMatchObject({
    account: { id: story.accountId, state: 'submitted', sequence: 1, requester: REQUESTER, owners: [REQUESTER, OWNER] },
  });
  expect(story.recorded()).toMatchObject([{ type: 'submitted', actor: REQUESTER, state: 'submitted', sequence: 1 }]);
});

test('the requester is an owner once, the first', async () => {
  const story = await harness.story();
  const { request } = sampleSubmission('any');
  const answer = await story.submit({ request: { ...request, owners: [OWNER, REQUESTER, OWNER] } });
  expect(answer).toMatchObject({ account: { owners: [REQUESTER, OWNER] } });
});

test.each(['NameTaken', 'PolicyViolation', 'NotFound'] as const)(
  '%s refuses the request and ends the workflow',
  async (code) => {
    const story = await harness.story();
    harness.fakes.behave({ reserveName: async () => ({ outcome: 'refused', code, message: 'Not this one' }) });
    expect(await story.submit()).toEqual({ code, message: 'Not this one' });
    expect(await story.result()).toBeNull();
    expect(story.recorded()).toEqual([]);
  },
);

test('the same request, sent twice, is one request with one answer', async () => {
  const story = await harness.story();
  const first = await story.submit();
  await story.decide('nobody', 'approve');
  expect(await story.submit()).toEqual(first);
  expect(harness.fakes.inputsOf('reserveName')).toHaveLength(1);
});

test('another request for the same account is refused', async () => {
  const story = await harness.story();
  await story.submit();
  expect(await story.submit({ operationId: 'another' })).toMatchObject({ code: 'StateConflict' });
});

test('before its request is accepted an account takes nothing else', async () => {
  const story = await harness.story();
  let accept = (): void => undefined;
  const gate = new Promise<void>((resolve) => (accept = resolve));
  harness.fakes.behave({ recordTransition: () => gate.then(() => ({ ableToDecide: null })) });
  harness.fakes.fail('reserveName', 'ServiceUnavailable', 1);
  const submitted = story.submit();
  await story.called('reserveName', 1);
  expect(await story.snapshot()).toBeNull();
  expect(await story.decide(APPROVER, 'approve')).toMatchObject({ code: 'StateConflict' });
  accept();
  expect(await submitted).toMatchObject({ account: { state: 'submitted' } });
});

test.each(['reserveName', 'recordTransition'] as const)('%s is tried until it succeeds', async (activity) => {
  const story = await harness.story();
  harness.fakes.fail(activity, 'ServiceUnavailable');
  const submitted = story.submit();
  await story.called(activity, 1);
  await story.sleep('20 minutes');
  expect(harness.fakes.inputsOf(activity).length).toBeGreaterThan(15);
  harness.fakes.recover();
  await story.sleep('1 minute');
  expect(await submitted).toMatchObject({ account: { state: 'submitted' } });
});

test.each(['reserveName', 'recordTransition'] as const)(
  '%s is tried again even after a refusal for good',
  async (activity) => {
    const story = await harness.story();
    harness.fakes.fail(activity, 'InvalidRequest', 1);
    const submitted = story.submit();
    await story.called(activity, 1);
    await story.sleep('11 minutes');
    expect(await submitted).toMatchObject({ account: { state: 'submitted' } });
  },
);
