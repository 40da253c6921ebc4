/** Every path of the transition table happens in some story, and no story takes a path that is not in the table. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TRANSITIONS, type EventType } from '../../contracts/lifecycle.ts';
import { ENGINE_STEPS, HOURLY } from '../support/engine-steps.ts';
import { APPROVER, createHarness, OWNER, REQUESTER, type Harness, type Story } from '../support/lifecycle-harness.ts';

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

const inState = (state: string) => (account: { state: string }) => account.state === state;

const STORIES: Readonly<Record<string, (story: Story) => Promise<unknown>>> = {
  async rejected(story) {
    await story.submit();
    await story.decide(APPROVER, 'deny');
    await story.result();
  },
  async withdrawn(story) {
    await story.submit();
    await story.act('withdraw', REQUESTER);
    await story.result();
  },
  async 'renewed and retired'(story) {
    await story.activate();
    await story.sleep('40 minutes');
    await story.act('renew', OWNER);
    await story.act('retire', OWNER);
    await story.result();
  },
  async 'off, on, off, reminded, expired, renewed'(story) {
    await story.activate();
    await story.act('disable', OWNER);
    await story.act('enable', OWNER);
    await story.act('disable', OWNER);
    await story.sleep('2 hours');
    await story.until(inState('expired'));
    await story.act('renew', OWNER);
  },
  async 'retired while off'(story) {
    await story.activate();
    await story.act('disable', OWNER);
    await story.act('retire', OWNER);
    await story.result();
  },
  async 'expired and retired'(story) {
    await story.activate();
    await story.sleep('2 hours');
    await story.until(inState('expired'));
    await story.act('retire', OWNER);
    await story.result();
  },
};

describe('stories', () => {
  test.each(Object.entries(STORIES))('%s', async (_title, tell) => {
    const story = await harness.story(HOURLY);
    await tell(story);
    remember(story);
  });
});

describe('blocked and unblocked', () => {
  const oneOfEachState = [...new Map(ENGINE_STEPS.map((step) => [step.during, step])).values()];
  test.each(oneOfEachState)('while $during', async ({ activity, reach, begin, isDone }) => {
    const story = await harness.story(HOURLY);
    await reach(story, harness.fakes);
    harness.fakes.fail(activity, 'DirectoryAccessDenied');
    const begun = begin(story);
    await story.until(({ blocked }) => blocked?.code === 'DirectoryAccessDenied');
    harness.fakes.recover();
    await story.act('resume', 'ada');
    await story.until(isDone);
    await begun;
    remember(story);
  });
});

test('all of them together are the table', () => {
  const table = Object.entries(TRANSITIONS).flatMap(([event, { from }]) =>
    from.map((state) => `${state} ${event satisfies string as EventType}`),
  );
  expect([...taken].sort()).toEqual(table.sort());
});
