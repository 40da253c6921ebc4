/** The workflow itself, on the time-skipping server, as a subject of the model's commands. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import type { FindDecidersResult } from '../../contracts/activities.ts';
import { askedFrom, askerOf } from '../../contracts/approval.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { isRoundOpen } from '../../contracts/lifecycle.ts';
import type { ActivityName, Call } from '../support/fake-activities.ts';
import type { Harness, Story } from '../support/lifecycle-harness.ts';
import type { Fault, Part } from './account-model.ts';
import { aligned, collapsed, differ, viewOfAccount, type Subject, type View } from './subject.ts';
import { templateOf, type ModelTerms } from './terms.ts';
import { askedFor, snapshotsOf } from './wishes.ts';

const MINUTE_MS = 60_000;
const HALF_DAY_MS = 12 * 60 * MINUTE_MS;
/** How far apart instants may be at which something was done: a step that is tried again is done within a minute. */
const APART_MS = 4 * MINUTE_MS;
/** How long it may take until the workflow is as the model says, and how often that is looked at. */
const PATIENCE_MS = 8_000;
const LOOK_EVERY_MS = 15;
/** When an update that has no answer is sent again. Not for ever: one that waits for its engine takes up room. */
const LOST_AFTER_MS = [2_000, 5_000];
/** After so long a step that fails is helped on: between its attempts time must pass. */
const HELPED_AFTER_MS = 150;

const PARTS: Readonly<Record<Part, readonly ActivityName[]>> = {
  directory: [
    'establishAccount',
    'disableAccount',
    'enableAccount',
    'applyExpiry',
    'captureAccount',
    'quarantineAccount',
    'restoreAccount',
    'deleteAccount',
  ],
  vault: ['stageCredential', 'promoteCredential', 'suspendCredential', 'reinstateCredential', 'revokeCredential'],
  admission: ['admitDestructiveStep'],
};
const COMPARED: readonly ActivityName[] = Object.values(PARTS).flat();
const CODES: Readonly<Record<Part, Readonly<Record<Fault, ErrorCode>>>> = {
  directory: { denied: 'DirectoryAccessDenied', away: 'DirectoryUnavailable' },
  vault: { denied: 'VaultAccessDenied', away: 'VaultSealed' },
  admission: { denied: 'BrakeEngaged', away: 'Frozen' },
};

/** A procedure makes no more calls, so that a new run repeats no more. */
const LONGEST_REPETITION = 4;

/** Without repetitions, one right after the other. */
function folded(calls: readonly string[]): string {
  const left: string[] = [];
  for (const call of calls) {
    left.push(call);
    for (let length = 1; length <= LONGEST_REPETITION; length += 1) {
      const [before, last] = [left.slice(-2 * length, -length), left.slice(-length)];
      if (before.length === length && before.join() === last.join()) left.splice(-length);
    }
  }
  return left.join();
}

/** Whether something is expected to be tried again and again. */
function isFailing({ facts }: View): boolean {
  const blocked = facts['blocked'] as { retrying: boolean } | null;
  return blocked?.retrying === true;
}

/** A new account, after noon and at no full hour, so that the few seconds that commands take come over no midnight. Answers when. */
export async function createWorkflowSubject(
  harness: Harness,
  templates: readonly ModelTerms[],
): Promise<{ readonly subject: Subject; readonly startMs: number }> {
  const story = await harness.story(templateOf(templates[0]!));
  const now = await story.now();
  const startMs = (Math.floor(now / (2 * HALF_DAY_MS)) + 1) * 2 * HALF_DAY_MS + HALF_DAY_MS + 7.5 * MINUTE_MS;
  await story.sleep(startMs - now);
  return { subject: subjectOf(harness, story, templates), startMs };
}

function subjectOf({ fakes }: Harness, story: Story, templates: readonly ModelTerms[]): Subject {
  const snapshots = snapshotsOf(templates);
  const answers = new Map<number, string>();
  const unexpected: unknown[] = [];
  let faults: ReadonlyMap<Part, Fault> = new Map();
  let gone: ReadonlySet<string> = new Set();

  /** As of the newest transition: who does not decide. */
  let asker = '';

  const weighed = (openStep: number, asked: ReturnType<typeof askedFrom>): FindDecidersResult => {
    const able = asked.map(({ users }) => users.filter((user) => !gone.has(user) && user !== asker));
    const dead = able.findIndex((users, index) => index > 0 && users.length < asked[index]!.quorum);
    return { ableToDecide: able[0]!, ...(dead === -1 ? {} : { deadStep: openStep + dead }) };
  };
  const behave = (): void => {
    fakes.recover();
    for (const [part, fault] of faults) {
      for (const activity of PARTS[part]) fakes.fail(activity, CODES[part][fault]);
    }
    fakes.behave({
      async recordTransition({ account }) {
        asker = askerOf(account);
        if (!isRoundOpen(account)) return { ableToDecide: null };
        return weighed(account.approval.openStep, askedFrom(account.approval));
      },
      async findDeciders({ openStep, steps }) {
        return weighed(openStep, steps);
      },
      // Only approvers leave in these lives.
      async findSuccessors() {
        return { outcome: 'still-there' };
      },
    });
  };
  const compared = (): readonly Call[] => fakes.calls.filter(({ activity }) => COMPARED.includes(activity));
  // A new run takes up what was begun from its first step: what it repeats is forgiven, and forgotten once it agrees.
  let agreed: { calls: readonly string[]; seen: number } = { calls: [], seen: 0 };
  const callsNow = (): string[] => {
    const since = compared().slice(agreed.seen);
    return collapsed([...agreed.calls, ...since.map(({ activity }) => activity)]);
  };
  // Of what it repeats, the first call may have been taken for the last one's next attempt, and agreed upon.
  const hasNewRunCalled = (): boolean => {
    const runs = compared().slice(Math.max(agreed.seen - LONGEST_REPETITION, 0));
    return runs.some(({ runId }) => runId !== runs[0]!.runId);
  };
  const view = async (): Promise<View | undefined> => {
    const account = await story.snapshot();
    if (account === null) return undefined;
    const names = callsNow();
    const notices = story.noticed().map(({ kind, dueAt, audiences }) => ({ kind, at: Date.parse(dueAt), audiences }));
    return viewOfAccount(account, new Date(await story.now()), { answers, calls: names, notices });
  };
  const skip = async (ms: number): Promise<void> => {
    await story.rests();
    await story.sleep(ms);
  };

  behave();
  return {
    nearMs: 10 * MINUTE_MS,
    lagMs: 3 * MINUTE_MS,
    tickMs: 0,
    async submit() {
      await story.submit();
    },
    async ask(operation, wish) {
      const account = (await story.snapshot())!;
      const { action, message } = askedFor(wish, `operation-${operation}`, account, snapshots);
      // Between two runs who asked is asked to come again: the same operation is done once.
      const persist = async (): Promise<string> => {
        const answer = await story.ask(action as never, message as never);
        if (!('code' in answer)) return 'ok';
        return answer.code === 'ServiceUnavailable' ? persist() : answer.code;
      };
      const send = () =>
        persist().then(
          (code) => answers.set(operation, code),
          (error) => unexpected.push(error),
        );
      void send();
      // The server may lose an update that comes in the instant at which a new run begins.
      for (const afterMs of LOST_AFTER_MS) void wait(afterMs).then(() => (answers.has(operation) ? undefined : send()));
    },
    async advance(to) {
      const ms = to - (await story.now());
      if (ms > 0) await skip(ms);
    },
    async setFaults(changed) {
      faults = new Map(changed);
      behave();
    },
    async setGone(changed) {
      gone = new Set(changed);
      await story.approversChanged();
    },
    async agrees(expected) {
      const begun = performance.now();
      let actual = await view();
      for (let looks = 1; !actual || differ(expected, actual, APART_MS); looks += 1) {
        const waitedMs = performance.now() - begun;
        if (unexpected.length > 0) throw unexpected[0];
        if (waitedMs > PATIENCE_MS) expect(actual && aligned(actual, expected, APART_MS)).toEqual(expected);
        if (waitedMs > looks * HELPED_AFTER_MS && isFailing(expected)) await story.sleep(1_000);
        await wait(LOOK_EVERY_MS);
        actual = await view();
        const isRepeated = actual && folded(actual.calls) === folded(expected.calls);
        if (isRepeated && waitedMs > HELPED_AFTER_MS && hasNewRunCalled())
          actual = { ...actual!, calls: expected.calls };
      }
      agreed = { calls: [...expected.calls], seen: compared().length };
    },
  };
}
