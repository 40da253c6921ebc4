/** The way from a request to an active account, and what it costs. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APPROVER, createHarness, type Harness } from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

test('an approved request becomes an active account', async () => {
  const story = await harness.story();
  const submitted = await story.submit();
  expect(submitted).toMatchObject({ account: { state: 'submitted', sequence: 1 } });
  const approved = await story.decide(APPROVER, 'approve');
  expect(approved).toMatchObject({ account: { state: 'approved', sequence: 3 } });
  const account = await story.until(({ state }) => state === 'active');
  expect(account).toMatchObject({ sequence: 4, secret: { version: 2 } });
  expect(story.recorded().map(({ type }) => type)).toEqual(['submitted', 'voted', 'approved', 'provisioned']);
  // Beyond the request's own: from the last approval on, at most 6 activities and 45 events.
  const afterApproval = harness.fakes.names().slice(harness.fakes.names().lastIndexOf('reserveName') + 3);
  expect(afterApproval.toSorted()).toEqual([
    'establishAccount',
    'promoteCredential',
    'recordTransition',
    'recordTransition',
    'stageCredential',
  ]);
  expect((await story.history()).length).toBeLessThanOrEqual(65);
});
