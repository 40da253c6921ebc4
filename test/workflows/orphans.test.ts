/** Accounts for which nobody is left to answer: who hears of them, and until when. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import type { FindSuccessorsResult } from '../../contracts/activities.ts';
import { explainLife } from '../../contracts/why.ts';
import {
  accountIn,
  ADMINISTRATOR,
  createHarness,
  OWNER,
  REQUESTER,
  type Harness,
  type Story,
} from '../support/lifecycle-harness.ts';
import { beginNextRun } from '../support/next-run.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const found = (result: FindSuccessorsResult) => harness.fakes.behave({ findSuccessors: async () => result });

/** Every owner was disabled, one after the other. */
async function orphaned(): Promise<Story> {
  const story = await harness.story();
  await story.activate();
  found({ outcome: 'nobody' });
  await story.ownerLeft(OWNER);
  await story.until(({ ownerMissingSince }) => ownerMissingSince !== null);
  return story;
}

test('it says since when, also in later runs, and that administrators must act', async () => {
  const story = await orphaned();
  const left = story.recorded().at(-1)!;
  expect(left).toMatchObject({ type: 'owner-left', detail: { rung: 'nobody' } });
  await story.ownerLeft(REQUESTER);
  await beginNextRun(story);
  const account = (await story.snapshot())!;
  expect(account.ownerMissingSince).toBe(left.at);
  const { sentence, reasons } = explainLife(account, new Date(await story.now()));
  expect(sentence).toContain('nobody answers for it');
  expect(reasons.flatMap(({ kind, who = [] }) => (kind === 'must-act' ? who : []))).toEqual(['administrators']);
});

test('until an administrator names others', async () => {
  const story = await orphaned();
  const answer = await story.ask('change-owners', { actor: ADMINISTRATOR, owners: ['otto'], ownerGroups: [] });
  expect(accountIn(answer)).toMatchObject({ owners: ['otto'], ownerMissingSince: null });
});

test('until a migration names others', async () => {
  const story = await orphaned();
  found({ outcome: 'still-there' });
  const moved = await story.ask('migrate', { actor: ADMINISTRATOR, changes: { owners: ['otto'] } });
  expect(accountIn(moved)).toMatchObject({ owners: ['otto'], ownerMissingSince: null });
});

test('until one of them is there again', async () => {
  const story = await orphaned();
  found({ outcome: 'still-there' });
  await story.ownerLeft(OWNER);
  await story.until(({ ownerMissingSince }) => ownerMissingSince === null);
  expect(story.recorded().at(-1)).toMatchObject({ type: 'owner-returned', detail: { user: OWNER } });
});

test.each<[string, FindSuccessorsResult, Partial<Account>]>([
  ['another owner', { outcome: 'owners-left', owners: ['otto'] }, { owners: ['otto'] }],
  ['the manager', { outcome: 'manager', owner: 'mona' }, { owners: [REQUESTER, 'mona'] }],
  ['the fallback group', { outcome: 'fallback-group', group: 'Operations' }, { ownerGroups: ['Operations'] }],
])('until %s succeeds who left', async (_, successor, owned) => {
  const story = await orphaned();
  found(successor);
  await story.ownerLeft(OWNER);
  await story.until(() => story.recorded().at(-1)?.type === 'owners-changed');
  expect(await story.snapshot()).toMatchObject({ ...owned, ownerMissingSince: null });
});

test('somebody who comes back to an account that was never without an owner is no event of it', async () => {
  const story = await harness.story();
  await story.activate();
  found({ outcome: 'still-there' });
  const before = story.recorded().length;
  await story.ownerLeft(OWNER);
  await story.called('findSuccessors', 1);
  await story.rests();
  expect(story.recorded()).toHaveLength(before);
});

test.each([
  [2, ['administrators']],
  [1, []],
])('fewer owners are left than its template wants (%i): administrators hear of it', async (minimum, audiences) => {
  const story = await harness.story({ ownership: { minimum } });
  await story.activate();
  await story.ownerLeft(REQUESTER);
  await story.until(({ owners }) => owners.length === 1);
  const missing = story.noticed().filter(({ kind }) => kind === 'owner-missing');
  expect(missing.flatMap((notice) => notice.audiences)).toEqual(audiences);
});
