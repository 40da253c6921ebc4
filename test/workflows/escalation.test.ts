/** A step whose deadline passed: the people of its escalation decide too, and their answers count like any other. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOURLY_EXPIRING } from '../support/engine-steps.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { createHarness, OWNER, REQUESTER, type Harness, type Story } from '../support/lifecycle-harness.ts';
import { isIn } from '../support/ways-to-steps.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const of = (...users: string[]) => ({ users, groups: [] });
const CHIEFS = { users: ['cleo', REQUESTER, OWNER], groups: ['Chiefs'] };

/** A day for two of anna, bert and dora; then for two of them and cleo, the chiefs, and who asked. */
const MANAGERS = {
  name: 'Managers',
  approvers: of('anna', 'bert', 'dora'),
  quorum: 2,
  deadline: 'P1D',
  escalation: CHIEFS,
};
const SECURITY = { name: 'Security', approvers: of('sven'), quorum: 1, deadline: 'P1D', escalation: of('cleo') };
const TWO_STEPS: TemplateParts = { approval: { steps: [MANAGERS, SECURITY] } };

async function escalate(story: Story): Promise<void> {
  await story.sleep('25 hours');
  await story.until(({ approval }) => approval.escalated);
}

const voters = (story: Story) =>
  story
    .recorded()
    .filter(({ type }) => type === 'voted')
    .map(({ actor, detail }) => [actor, detail['step'], detail['seat']]);

test('before the deadline they have no vote', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  expect(await story.decide('cleo', 'approve')).toMatchObject({ code: 'NotAnApprover' });
  expect(await story.decide('carl', 'approve', { groups: ['Chiefs'] })).toMatchObject({ code: 'NotAnApprover' });
});

test('afterwards their votes and those of the step make one quorum, and the next step opens unescalated', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  await story.decide('anna', 'approve');
  await escalate(story);
  expect(story.noticed().at(-1)).toMatchObject({ kind: 'approval-escalated', audiences: ['escalation'] });
  expect(await story.decide('anna', 'approve')).toMatchObject({ code: 'AlreadyDecided' });
  const { openedAt } = (await story.snapshot())!.approval;
  const answer = await story.decide('carl', 'approve', { groups: ['Chiefs'] });
  expect(answer).toMatchObject({
    account: {
      state: 'submitted',
      approval: { openStep: 1, escalated: false, votes: [{ approver: 'anna' }, { approver: 'carl', seat: 'carl' }] },
    },
  });
  expect((await story.snapshot())!.approval.openedAt > openedAt).toBe(true);
  // Who was asked on the first step is nobody on the second one, until that is escalated too.
  expect(await story.decide('cleo', 'approve')).toMatchObject({ code: 'NotAnApprover' });
  await escalate(story);
  expect(await story.decide('cleo', 'approve')).toMatchObject({ account: { state: 'approved' } });
  expect(voters(story)).toEqual([
    ['anna', 0, 'anna'],
    ['carl', 0, 'carl'],
    ['cleo', 1, 'cleo'],
  ]);
  expect(story.recorded().filter(({ type }) => type === 'escalated')).toHaveLength(2);
  await story.until(isIn('active'));
});

test('alone they decide too, one vote each', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  await escalate(story);
  expect(await story.decide('cleo', 'approve')).toMatchObject({ account: { approval: { openStep: 0 } } });
  expect(await story.decide('cleo', 'approve')).toMatchObject({ code: 'AlreadyDecided' });
  expect(await story.decide('carl', 'approve', { groups: ['Chiefs'] })).toMatchObject({
    account: { approval: { openStep: 1 } },
  });
});

test('one denial of theirs rejects, with their name and reason', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  await story.decide('anna', 'approve');
  await escalate(story);
  expect(await story.decide('cleo', 'deny')).toMatchObject({ account: { state: 'rejected' } });
  expect(story.recorded().at(-1)).toMatchObject({ actor: 'cleo', detail: { reason: 'Not needed any more' } });
  expect(await story.result()).toMatchObject({ state: 'rejected' });
});

test('who asked does not decide, though the escalation names them', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  await escalate(story);
  expect(await story.decide(REQUESTER, 'approve')).toMatchObject({ code: 'SelfApproval' });
});

test('nobody decides after the second deadline', async () => {
  const story = await harness.story(TWO_STEPS);
  await story.submit();
  await escalate(story);
  await story.decide('cleo', 'approve');
  await story.sleep('25 hours');
  expect(await story.result()).toMatchObject({ state: 'lapsed', approval: { votes: [{ approver: 'cleo' }] } });
});

test('a renewal is decided by them as well, and is then carried out', async () => {
  const steps = [{ ...MANAGERS, quorum: 1, deadline: 'PT10M' }];
  const story = await harness.story({ ...HOURLY_EXPIRING, approval: { steps } });
  await story.activate();
  await story.act('request-renewal', OWNER);
  expect(await story.decide('cleo', 'approve')).toMatchObject({ code: 'NotAnApprover' });
  await story.sleep('11 minutes');
  await story.until(({ approval }) => approval.escalated);
  expect(await story.decide(OWNER, 'approve')).toMatchObject({ code: 'SelfApproval' });
  expect(await story.decide('cleo', 'approve')).toMatchObject({
    account: { approval: { purpose: 'renewal', openStep: 1, votes: [{ approver: 'cleo', seat: 'cleo' }] } },
  });
  const { endsAt, startsAt } = await story.until(isIn('active'));
  expect(Date.parse(endsAt!) - Date.parse(startsAt!)).toBe(3_600_000);
  expect(harness.fakes.inputsOf('applyExpiry')).toMatchObject([{ expiresAt: endsAt }]);
});
