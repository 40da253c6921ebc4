/** Others who are put on a step that has votes already, and approvers whose names are hidden. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountEvent } from '../../contracts/account.ts';
import { HOURLY_EXPIRING } from '../support/engine-steps.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import {
  accountIn,
  ADMINISTRATOR,
  APPROVER,
  createHarness,
  OWNER,
  REQUESTER,
  type Harness,
  type Story,
} from '../support/lifecycle-harness.ts';
import { noticesAsked } from '../support/lived-years.ts';
import { askForRenewal, isIn } from '../support/ways-to-steps.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const THREE_OF_A_GROUP: TemplateParts = {
  approval: { steps: [{ name: 'Security', approvers: { users: [], groups: ['Security'] }, quorum: 3 }] },
};

/** Two of the group have approved; nobody is left in it. */
async function deadlocked(): Promise<Story> {
  const story = await harness.story(THREE_OF_A_GROUP);
  await story.submit();
  for (const one of ['sven', 'sina']) accountIn(await story.decide(one, 'approve', { groups: ['Security'] }));
  return story;
}

const replace = (story: Story, users: string[], quorum: number, groups: string[] = []) =>
  story.ask('replace-approvers', { actor: ADMINISTRATOR, step: 0, approvers: { users, groups }, quorum });

test('one other person is enough for the vote that is missing', async () => {
  const story = await deadlocked();
  expect(await replace(story, ['dora'], 3)).toMatchObject({ account: { approval: { quorumLostAt: null } } });
  expect(await story.decide('dora', 'approve')).toMatchObject({ account: { state: 'approved' } });
});

test.each([
  ['fewer than have approved', ['dora'], 1],
  ['as many as have approved', ['dora'], 2],
  ['more than have and can', ['dora'], 4],
  ['somebody who has approved', ['sven'], 3],
  ['who asked', [REQUESTER], 3],
])('the quorum must be in reach, and ask for one more vote: %s', async (_what, users, quorum) => {
  const story = await deadlocked();
  expect(await replace(story, users, quorum)).toMatchObject({ code: 'InvalidRequest' });
});

test('how many are in a group is not known', async () => {
  const story = await deadlocked();
  expect(await replace(story, [], 9, ['Others'])).toHaveProperty('account');
});

test('who is asked since the deadline counts too', async () => {
  const approvers = { users: [APPROVER], groups: [] };
  const escalation = { users: ['cleo'], groups: [] };
  const story = await harness.story({
    approval: { steps: [{ name: 'Manager', approvers, quorum: 1, deadline: 'P1D', escalation }] },
  });
  await story.submit();
  expect(await replace(story, ['dora'], 2)).toMatchObject({ code: 'InvalidRequest' });
  await story.sleep('25 hours');
  await story.until(({ approval }) => approval.escalated);
  expect(await replace(story, ['dora'], 2)).toHaveProperty('account');
});

/** Whether the event itself says that its approvers are hidden. */
const isHidden = ({ detail }: AccountEvent): boolean => detail['approversHidden'] === true;

test.each([
  [true, null],
  [false, APPROVER],
])('a denied renewal is told to the owners; the approver is hidden: %s', async (hideApprovers, by) => {
  const { steps } = { steps: [{ name: 'Manager', approvers: { users: [APPROVER], groups: [] }, quorum: 1 }] };
  const story = await harness.story({ ...HOURLY_EXPIRING, approval: { steps, hideApprovers } });
  await askForRenewal(story);
  await story.decide(APPROVER, 'deny');
  await story.until(isIn('active'));
  const told = noticesAsked(harness.fakes).filter(({ audiences }) => !audiences.includes('open-step'));
  expect(told.at(-1)).toMatchObject({ kind: 'renewal-denied', detail: { reason: 'Not needed any more', by } });
  expect(JSON.stringify(told).includes(APPROVER)).toBe(!hideApprovers);
  const ofApprovers = story.recorded().filter(({ actor }) => actor === APPROVER);
  expect(ofApprovers.map(({ type }) => type)).toEqual(['voted', 'approved', 'voted', 'renewal-denied']);
  expect(new Set(ofApprovers.map(isHidden))).toEqual(new Set([hideApprovers]));
});

test('who was put in whose place is hidden too', async () => {
  const steps = [{ name: 'Manager', approvers: { users: [APPROVER], groups: [] }, quorum: 1 }];
  const story = await harness.story({ approval: { steps, hideApprovers: true } });
  await story.submit();
  expect(await replace(story, ['dora'], 1)).toHaveProperty('account');
  expect(story.recorded().at(-1)).toMatchObject({ type: 'approvers-replaced', detail: { approversHidden: true } });
});

test('who takes a renewal back is no secret, though approvers are', async () => {
  const steps = [{ name: 'Manager', approvers: { users: [APPROVER], groups: [] }, quorum: 1 }];
  const story = await harness.story({ ...HOURLY_EXPIRING, approval: { steps, hideApprovers: true } });
  await askForRenewal(story);
  await story.act('withdraw', OWNER);
  expect(noticesAsked(harness.fakes).at(-1)).toMatchObject({ kind: 'renewal-denied', detail: { by: OWNER } });
  expect(story.recorded().at(-1)).toMatchObject({ type: 'renewal-denied', actor: OWNER });
  expect(isHidden(story.recorded().at(-1)!)).toBe(false);
});

describe('a later step that nobody could decide', () => {
  const of = (...users: string[]) => ({ users, groups: [] });
  const underSteps = (second: string): TemplateParts => ({
    approval: {
      steps: [
        { name: 'Manager', approvers: of(APPROVER), quorum: 1 },
        { name: 'Security', approvers: of(second), quorum: 1 },
      ],
    },
  });
  const lost = (story: Story) =>
    story.recorded().flatMap(({ type, detail }) => (type.startsWith('quorum-') ? [`${type} ${detail['step']}`] : []));

  test('is told at once, and again when it opens', async () => {
    const story = await harness.story(underSteps('sven'));
    await story.submit();
    const found = (openStep: number) => ({
      ableToDecide: openStep === 0 ? [APPROVER] : [],
      ...(openStep === 0 ? { deadStep: 1 } : {}),
    });
    harness.fakes.behave({
      findDeciders: async ({ openStep }) => found(openStep),
      recordTransition: async ({ account }) => found(account.approval.openStep),
    });
    await story.approversChanged();
    await story.until(({ approval }) => approval.quorumLostAt !== null);
    expect(harness.fakes.inputsOf('findDeciders')).toMatchObject([
      { openStep: 0, steps: [of(APPROVER), { ...of('sven'), quorum: 1 }] },
    ]);
    expect(lost(story)).toEqual(['quorum-lost 1']);
    expect(story.noticed().at(-1)).toMatchObject({ kind: 'quorum-lost', audiences: ['administrators', 'requester'] });
    await story.decide(APPROVER, 'approve');
    await story.until(({ approval }) => approval.openStep === 1 && approval.quorumLostAt !== null);
    expect(lost(story)).toEqual(['quorum-lost 1', 'quorum-lost 1']);
    harness.fakes.recover();
    await story.approversChanged();
    await story.until(({ approval }) => approval.quorumLostAt === null);
  });

  test('is told of a request that is made like that', async () => {
    const story = await harness.story(underSteps('sven'));
    harness.fakes.behave({ recordTransition: async () => ({ ableToDecide: [APPROVER], deadStep: 1 }) });
    await story.submit();
    await story.until(({ approval }) => approval.quorumLostAt !== null);
    expect(lost(story)).toEqual(['quorum-lost 1']);
  });
});
