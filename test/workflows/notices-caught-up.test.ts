/** Notices that come by the hour: each exactly once, across an outage with more than go into one call, runs and renewals. */
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { CONTROL_TASK_QUEUE } from '../../contracts/ids.ts';
import { ACCOUNT_LIFECYCLE } from '../../contracts/workflows.ts';
import { createHarness, OWNER, type Harness, type Story } from '../support/lifecycle-harness.ts';
import { noticesAsked } from '../support/lived-years.ts';
import { isIn } from '../support/ways-to-steps.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_AT_ONCE = 100;

const BY_THE_HOUR = {
  lifecycle: {
    intervals: ['P90D'],
    renewalWindow: 'P30D',
    endOfLife: 'disable' as const,
    notices: { whenRenewalOpens: true, remindEvery: 'PT1H', stopAfter: 'P30D' },
  },
};

/** Half an hour after an instant of the account's, nothing is due. */
async function liveUntil(story: Story, instantMs: number): Promise<void> {
  await story.rests();
  await story.sleep(instantMs + HOUR_MS / 2 - (await story.now()));
  await story.rests();
}

/**
 * The same while the control plane is away: what a run that has just begun was handed on is taken up only then. (A task
 * that waits for a control plane is lost by the server, once one has been there before.)
 */
async function missUntil(story: Story, instantMs: number): Promise<void> {
  const [started] = await story.history();
  const { payloads } = started!.workflowExecutionStartedEventAttributes!.input!;
  const { workflow } = harness.environment.client;
  await workflow.getHandle(story.workflowId).terminate();
  await story.sleep(instantMs + HOUR_MS / 2 - (await story.now()));
  const handedOn = [defaultPayloadConverter.fromPayload(payloads![0]!)];
  const { workflowId } = story;
  await workflow.start(ACCOUNT_LIFECYCLE, { workflowId, taskQueue: CONTROL_TASK_QUEUE, args: handedOn });
}

/** Lives until `fromMs`, and from hour to hour until another run begins. Answers the hour that is over. */
async function liveIntoTheNextRun(story: Story, fromMs: number): Promise<number> {
  await liveUntil(story, fromMs);
  const run = await story.runId();
  for (let hour = fromMs + HOUR_MS; ; hour += HOUR_MS) {
    await liveUntil(story, hour);
    if ((await story.runId()) !== run) return hour;
  }
}

/** What the account's period told, as often as it was asked for. */
function told(): string[] {
  const ofPeriod = noticesAsked(harness.fakes).filter(({ kind }) => /^renewal-|^ended$/.test(kind));
  return ofPeriod.map(({ kind, dueAt }) => `${dueAt} ${kind}`);
}

/** `kind` every hour from `fromMs` to `toMs`, both included. */
function hourly(kind: string, fromMs: number, toMs: number): string[] {
  const hours = Math.floor((toMs - fromMs) / HOUR_MS) + 1;
  return Array.from({ length: hours }, (_, hour) => `${new Date(fromMs + hour * HOUR_MS).toISOString()} ${kind}`);
}

/** What a window brings until `toMs`, before the end. */
const ofWindow = ({ renewalOpensAt }: Account, toMs: number): string[] => {
  const opens = Date.parse(renewalOpensAt!);
  return [...hourly('renewal-opened', opens, opens), ...hourly('renewal-reminder', opens + HOUR_MS, toMs)];
};

function largestCall(): number {
  return Math.max(...harness.fakes.inputsOf('notify').map(({ notices }) => notices.length));
}

test('hundreds that became due while the control plane was away, on both sides of the end', async () => {
  const story = await harness.story(BY_THE_HOUR);
  const born = await story.activate();
  const ends = Date.parse(born.endsAt!);
  const left = await liveIntoTheNextRun(story, Date.parse(born.renewalOpensAt!) + 4 * DAY_MS);
  expect(told()).toEqual(ofWindow(born, left));
  await missUntil(story, ends + 6 * DAY_MS);
  await story.until(isIn('expired'));
  await story.rests();
  const caughtUp = [
    ...ofWindow(born, ends - HOUR_MS),
    ...hourly('ended', ends, ends),
    ...hourly('renewal-overdue', ends + HOUR_MS, ends + 6 * DAY_MS),
  ];
  expect(told().sort()).toEqual(caughtUp);
  expect(largestCall()).toBe(MOST_AT_ONCE);
  await liveUntil(story, ends + 6 * DAY_MS + 2 * HOUR_MS);
  expect(told().slice(caughtUp.length)).toEqual(
    hourly('renewal-overdue', ends + 6 * DAY_MS + HOUR_MS, ends + 6 * DAY_MS + 2 * HOUR_MS),
  );
}, 120_000);

test('across runs and a renewal: none is lost, none is told twice', async () => {
  const story = await harness.story(BY_THE_HOUR);
  const born = await story.activate();
  const opens = Date.parse(born.renewalOpensAt!);
  const until = (await liveIntoTheNextRun(story, opens + 4 * DAY_MS)) + 2 * DAY_MS;
  await liveUntil(story, until);
  const old = ofWindow(born, until);
  expect(told()).toEqual(old);

  const run = await story.runId();
  await story.act('renew', OWNER);
  await story.sleep('11 seconds');
  await story.laterRun(run);
  const renewed = (await story.snapshot())!;
  const opensAgain = Date.parse(renewed.renewalOpensAt!);
  expect(opensAgain - opens).toBe(90 * DAY_MS);
  await liveUntil(story, opensAgain + 2 * DAY_MS);
  expect(told()).toEqual([...old, ...ofWindow(renewed, opensAgain + 2 * DAY_MS)]);
}, 120_000);
