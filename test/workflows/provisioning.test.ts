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
  const history = await story.history();
  console.log(history.length, harness.fakes.names());
});
