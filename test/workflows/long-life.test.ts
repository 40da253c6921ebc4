/** A run ends before its history is long, in whichever state, and nothing is lost or done twice between two runs. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOURLY } from '../support/engine-steps.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import {
  ADMINISTRATOR,
  createHarness,
  OWNER,
  type Answer,
  type Harness,
  type Story,
} from '../support/lifecycle-harness.ts';
import { isIn } from '../support/ways-to-steps.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const LONGEST_HISTORY = 2_000;
/** Short names: a client takes no history above 4 MiB, and every event has them all. */
const voters = (step: number) => Array.from({ length: 40 }, (_, index) => `${'abcde'[step]}${index}`);
const STEPS = [0, 1, 2, 3, 4];
const MANY_VOTES: TemplateParts = {
  approval: {
    steps: STEPS.map((step) => ({
      name: `Step ${step}`,
      approvers: { users: voters(step), groups: [] },
      quorum: 40,
    })),
  },
};

/** The lengths of all runs' histories, oldest first. */
async function lengths(story: Story): Promise<number[]> {
  const all: number[] = [];
  for (let runId: string | null | undefined = await story.runId(); runId;) {
    const events = await story.history(runId);
    all.unshift(events.length);
    runId = events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return all;
}

/** Asks until the answer is another one than that the account is between two runs, as the API's callers do. */
async function persistently(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      if (/completed|not found|closing/i.test(String(error) + String((error as Error).cause))) return undefined;
      throw error;
    });
    if (answer && !('code' in answer && answer.code === 'ServiceUnavailable')) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('two hundred votes on one request, five at once: each counts once, across runs', async () => {
  const story = await harness.story(MANY_VOTES);
  await story.submit();
  for (const step of STEPS) {
    const all = voters(step);
    // A moment in which nobody votes: a run whose history is long ends in it.
    await story.sleep('11 seconds');
    for (let from = 0; from < all.length; from += 5) {
      const votes = all
        .slice(from, from + 5)
        .map((voter) => persistently(() => story.decide(voter, 'approve', { operationId: `vote-${voter}` })));
      for (const answer of await Promise.all(votes)) expect(answer).toHaveProperty('account');
    }
  }
  const account = await story.until(isIn('active'));
  expect(account.approval.votes).toHaveLength(200);
  expect(story.recorded().filter(({ type }) => type === 'voted')).toHaveLength(200);
  const runs = await lengths(story);
  expect(runs.length).toBeGreaterThan(1);
  expect(Math.max(...runs)).toBeLessThan(LONGEST_HISTORY);
}, 120_000);

test('a round that is open goes on in the next run, with its votes and its deadline', async () => {
  const [step] = MANY_VOTES.approval!.steps;
  const template = { approval: { steps: [{ ...step!, deadline: 'P7D' }] } };
  const story = await harness.story(template);
  const run = await untilLong(story, async (round) => {
    if (round < 30) await story.decide(`a${round}`, 'approve');
    else await story.approversChanged();
  });
  await story.sleep('11 seconds');
  await story.laterRun(run);
  expect((await story.snapshot())?.approval.votes).toHaveLength(30);
  expect(await story.decide('a3', 'approve')).toMatchObject({ code: 'AlreadyDecided' });
  expect(await story.decide('a31', 'approve')).toMatchObject({ account: { state: 'submitted' } });
  await story.sleep('7 days');
  expect(await story.result()).toMatchObject({ state: 'lapsed' });
}, 120_000);

test('a step that stays blocked is taken up by the next run, and its caller gets the first answer', async () => {
  const story = await harness.story();
  await story.activate();
  harness.fakes.fail('disableAccount', 'DirectoryAccessDenied');
  const disabled = story.act('disable', OWNER, 'off');
  await story.until(({ blocked }) => blocked !== null);
  const run = await story.runId();
  for (let round = 0; (await story.runId()) === run; round += 1) {
    await persistently(() => story.act('resume', ADMINISTRATOR, `resume-${round}`));
    await story.called('disableAccount', round + 2);
    await story.rests();
  }
  expect(await disabled).toMatchObject({ code: 'ServiceUnavailable' });
  harness.fakes.recover();
  await persistently(() => story.act('resume', ADMINISTRATOR, 'the last resume'));
  const { sequence } = await story.until(isIn('disabled'));
  expect(await story.act('disable', OWNER, 'off')).toMatchObject({ account: { state: 'disabled', sequence } });
  expect(Math.max(...(await lengths(story)))).toBeLessThan(LONGEST_HISTORY);
}, 120_000);

test('a living account under a load of changes: none is lost, none is done twice', async () => {
  const story = await harness.story(HOURLY);
  await story.activate();
  const before = story.recorded().length;
  for (let round = 0; round < 150; round += 1) {
    const answers = await Promise.all(
      ['a', 'b'].map((name) =>
        persistently(() =>
          story.ask('edit', { actor: OWNER, operationId: `edit-${round}-${name}`, description: `${round} ${name}` }),
        ),
      ),
    );
    for (const answer of answers) expect(answer).toHaveProperty('account');
  }
  const edited = story
    .recorded()
    .slice(before)
    .filter(({ type }) => type === 'edited');
  expect(edited).toHaveLength(300);
  expect(new Set(edited.map(({ detail }) => detail['after'])).size).toBe(300);
  const sequences = story.recorded().map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  const runs = await lengths(story);
  expect(runs.length).toBeGreaterThan(1);
  expect(Math.max(...runs)).toBeLessThan(LONGEST_HISTORY);
}, 120_000);

/** Does something until the run has a long history; answers that run. */
async function untilLong(story: Story, something: (round: number) => Promise<unknown>): Promise<string> {
  await story.submit();
  for (let round = 0; ; round += 1) {
    await something(round);
    await story.rests();
    if (round % 10 === 0 && (await story.history()).length >= 1_000) return story.runId();
  }
}
