/** Every path of the transition table happens in some story, and no story takes a path that is not in the table. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TRANSITIONS, type AccountState } from '../../contracts/lifecycle.ts';
import { ENGINE_STEPS, HOURLY, HOURLY_EXPIRING, HOURLY_WITH_GRACE } from '../support/engine-steps.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import {
  ADMINISTRATOR,
  APPROVER,
  createHarness,
  OWNER,
  REQUESTER,
  type Harness,
  type Story,
} from '../support/lifecycle-harness.ts';
import { expire, isIn, quarantine } from '../support/ways-to-steps.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

/** `state event` for every event that a story had, `state` being the one before it. */
const taken = new Set<string>();

function remember(story: Story): void {
  let before: string = 'new';
  for (const { type, state } of story.recorded()) {
    taken.add(`${before} ${type}`);
    before = state;
  }
}

const people = (...users: string[]) => ({ users, groups: [] });
const ESCALATING: TemplateParts['approval'] = {
  steps: [
    { name: 'Manager', approvers: people('anna'), quorum: 1, deadline: 'PT10M', escalation: people('bert') },
    { name: 'Security', approvers: people('cleo'), quorum: 1 },
  ],
};
const REVIEWED: TemplateParts = { lifecycle: { ...HOURLY.lifecycle!, endOfLife: 'review' } };

async function roundOfEverything(story: Story): Promise<void> {
  await story.sleep('11 minutes');
  await eventHappens(story, 'escalated');
  const approvers = people('anna', 'dora');
  await story.ask('replace-approvers', { actor: ADMINISTRATOR, step: 0, approvers, quorum: 1 });
  const nobody = {
    findDeciders: async () => ({ ableToDecide: [] }),
    recordTransition: async () => ({ ableToDecide: [] }),
  };
  harness.fakes.behave(nobody);
  await story.approversChanged();
  await eventHappens(story, 'quorum-lost');
  harness.fakes.recover();
  await story.approversChanged();
  await eventHappens(story, 'quorum-regained');
  await story.decide('dora', 'approve');
}

async function eventHappens(story: Story, type: string): Promise<void> {
  await story.until(() => story.recorded().some((event) => event.type === type));
}

/** What may happen in any living state and changes none. */
async function everydayLife(story: Story): Promise<void> {
  await story.ask('change-owners', { actor: OWNER, owners: [OWNER, 'otto'], ownerGroups: [] });
  await story.ask('edit', { actor: OWNER, description: 'Pays the wages, and more' });
  await story.ownerLeft('otto');
  await story.until(({ owners }) => !owners.includes('otto'));
  harness.fakes.behave({ findSuccessors: async () => ({ outcome: 'nobody' }) });
  await story.ownerLeft(OWNER);
  await story.until(({ ownerMissingSince }) => ownerMissingSince !== null);
  harness.fakes.behave({ findSuccessors: async () => ({ outcome: 'still-there' }) });
  await story.ownerLeft(OWNER);
  await story.until(({ ownerMissingSince }) => ownerMissingSince === null);
  harness.fakes.recover();
}

const STORIES: Readonly<Record<string, { template: TemplateParts; tell: (story: Story) => Promise<unknown> }>> = {
  rejected: {
    template: HOURLY,
    async tell(story) {
      await story.submit();
      await story.decide(APPROVER, 'deny');
      await story.result();
    },
  },
  withdrawn: {
    template: HOURLY,
    async tell(story) {
      await story.submit();
      await story.act('withdraw', REQUESTER);
      await story.result();
    },
  },
  'escalated, replaced, lost, regained, lapsed': {
    template: { ...HOURLY, approval: { steps: [{ ...ESCALATING.steps[0]!, quorum: 1 }] } },
    async tell(story) {
      await story.submit();
      await story.sleep('21 minutes');
      await story.result();
    },
  },
  'a request with everything': {
    template: { ...HOURLY, approval: ESCALATING },
    async tell(story) {
      await story.submit();
      await roundOfEverything(story);
      await story.decide('cleo', 'approve');
      await story.until(isIn('active'));
      await everydayLife(story);
      const endsAt = new Date((await story.now()) + 86_400_000).toISOString();
      await story.ask('migrate', { actor: ADMINISTRATOR, changes: { endsAt } });
    },
  },
  'a renewal with everything': {
    template: { ...HOURLY_EXPIRING, approval: ESCALATING },
    async tell(story) {
      await story.submit();
      await story.decide('anna', 'approve');
      await story.decide('cleo', 'approve');
      await story.until(isIn('active'));
      await story.act('request-renewal', OWNER);
      await everydayLife(story);
      await roundOfEverything(story);
      await story.sleep('1 hour');
      await eventHappens(story, 'expired');
      await story.decide('cleo', 'approve');
      await story.until(isIn('active'));
    },
  },
  'renewals denied from everywhere, retired at last': {
    template: HOURLY_EXPIRING,
    async tell(story) {
      await story.activate();
      await story.act('request-renewal', OWNER);
      await story.decide(APPROVER, 'deny');
      await story.act('disable', OWNER);
      await everydayLife(story);
      await story.act('request-renewal', OWNER);
      await story.act('withdraw', OWNER);
      await story.sleep('2 hours');
      await story.until(isIn('expired'));
      await everydayLife(story);
      await story.act('request-renewal', OWNER);
      await story.act('retire', OWNER);
      await story.result();
    },
  },
  'renewed and retired': {
    template: HOURLY,
    async tell(story) {
      await story.activate();
      await story.sleep('40 minutes');
      await story.act('renew', OWNER);
      await story.act('disable', OWNER);
      await story.sleep('1 hour');
      await story.act('renew', OWNER);
      await story.act('enable', OWNER);
      await story.act('retire', OWNER);
      await story.result();
    },
  },
  'ended, enabled again, ended while off, renewed': {
    template: HOURLY,
    async tell(story) {
      await expire(story);
      await story.act('enable', OWNER);
      await story.act('renew', OWNER);
      await story.act('disable', OWNER);
      await story.sleep('2 hours');
      await story.until(isIn('expired'));
      await story.act('renew', OWNER);
    },
  },
  'reviews due, on and off': {
    template: REVIEWED,
    async tell(story) {
      await story.activate();
      await story.sleep('61 minutes');
      await story.act('renew', OWNER);
      await story.act('disable', OWNER);
      await story.sleep('2 hours');
      await story.until(({ ended }) => ended);
      await story.act('retire', OWNER);
      await story.result();
    },
  },
  'expired and retired': {
    template: HOURLY,
    async tell(story) {
      await expire(story);
      await story.act('retire', OWNER);
      await story.result();
    },
  },
  'to be retired while that is frozen, taken back': {
    template: HOURLY_WITH_GRACE,
    async tell(story) {
      await story.activate();
      harness.fakes.fail('admitDestructiveStep', 'Frozen');
      await story.act('retire', OWNER);
      await story.until(({ blocked }) => blocked?.code === 'Frozen');
      await story.act('restore', OWNER);
    },
  },
  'quarantined, restored, gone for good': {
    template: HOURLY_WITH_GRACE,
    async tell(story) {
      await quarantine(story);
      await story.act('restore', OWNER);
      await story.act('retire', OWNER);
      await story.sleep('2 hours');
      await story.result();
    },
  },
};

describe('stories', () => {
  test.each(Object.entries(STORIES))('%s', async (_title, { template, tell }) => {
    const story = await harness.story(template);
    await tell(story);
    remember(story);
  });
});

describe('blocked and unblocked', () => {
  const oneOfEachState = [...new Map(ENGINE_STEPS.map((step) => [step.during, step])).values()];
  test.each(oneOfEachState)('while $during', async ({ activity, template, reach, begin, isDone }) => {
    const story = await harness.story(template);
    await reach(story, harness.fakes);
    harness.fakes.fail(activity, 'DirectoryAccessDenied');
    const begun = begin(story);
    await story.until(({ blocked }) => blocked?.code === 'DirectoryAccessDenied');
    harness.fakes.recover();
    await story.act('resume', ADMINISTRATOR);
    await story.until(isDone);
    await begun;
    remember(story);
  });
});

test('all of them together are the table', () => {
  const table = Object.entries(TRANSITIONS).flatMap(([event, sources]) =>
    (Object.keys(sources) as (AccountState | 'new')[]).map((state) => `${state} ${event}`),
  );
  expect([...taken].sort()).toEqual(table.sort());
});
