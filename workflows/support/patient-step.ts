/**
 * One step that waits for as long as it takes: of an engine, or the admission of a destructive one. It is tried at once;
 * when that fails, the account is blocked visibly and the same activity is scheduled with long limits, over and over, so
 * that a week of waiting costs tens of events. What no retry can mend waits for `resume`. Interrupting actions cut it
 * short wherever it is. Between two rounds a new run may begin, which comes to the same step again.
 */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { StepName } from '../../contracts/account.ts';
import type { EngineActivities } from '../../contracts/activities.ts';
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts';
import { isWaiting, settle, take, type Action } from '../account-lifecycle/intents.ts';
import { attentively, isTooLong, rest, turnThePage } from '../account-lifecycle/rest.ts';
import { accountOf, type AccountRun } from '../account-lifecycle/run.ts';
import { admission, engine, type Admission, type Patience } from './activities.ts';
import { block, unblock } from './block.ts';
import { describeFailure, type StepFailure } from './failures.ts';

export interface Step<T> {
  readonly name: StepName;
  /** Calls one activity. Called once a round, so that its input may depend on the time. */
  readonly run: (engine: EngineActivities, admission: Admission) => Promise<T>;
  /** Actions that end the step before it is done. They stay in the queue, for the caller. */
  readonly interruptedBy?: readonly Action[];
  /** What ends the step too, but only once it is blocked. */
  readonly yieldsTo?: () => boolean;
  /** Codes that end the step because the caller knows what to do; all others block it. */
  readonly returns?: readonly ErrorCode[];
}

export type Cuts = Pick<Step<unknown>, 'interruptedBy' | 'yieldsTo'>;

export type StepResult<T> =
  | { readonly outcome: 'done'; readonly value: T; readonly wasBlocked: boolean }
  /** Whether the step had an effect is not known. */
  | { readonly outcome: 'interrupted' }
  | { readonly outcome: 'failed'; readonly failure: StepFailure };

/** What came of one round: the end of the step, or another round with this patience. */
export type Tried<T> = StepResult<T> | { readonly outcome: 'again'; readonly patience: Patience };
type Waited = 'due' | 'resumed' | 'interrupted';
type Round<T> = StepResult<T> | { readonly outcome: 'resumed' };

/** The retry interval of `slowly` between two rounds: an engine's own account must not be locked out by us. */
const SLOW_RETRY_MS = 10 * 60_000;

const SHORTEST_ROUND_MS = 5 * 60_000;
const LONGEST_ROUND_MS = 6 * 60 * 60_000;

/** Runs a step until it is done, interrupted, or failed with a code of `returns`. */
export async function patientStep<T>(run: AccountRun, step: Step<T>): Promise<StepResult<T>> {
  const ended = await untilEnded(run, step);
  if (ended.outcome !== 'interrupted') unblock(run);
  return ended;
}

/**
 * Runs a step like `patientStep`, and leaves the account blocked if it was: for a step that is followed by another one, for
 * whose sake it is done. `patience` is what it begins with: all but `prompt` go on with what is blocked already.
 */
export async function untilEnded<T>(
  run: AccountRun,
  step: Step<T>,
  patience: Patience = 'prompt',
): Promise<StepResult<T>> {
  let [next, cuts] = [patience, patience === 'prompt' ? cutsAtFirst(step) : step];
  for (;;) {
    const tried = await tryOnce(run, step, next, cuts);
    if (tried.outcome !== 'again') return tried;
    [next, cuts] = [tried.patience, step];
    await turnThePage(run);
  }
}

/** What cuts a step short, without the step. */
export function cutsOf({ interruptedBy = [], yieldsTo }: Cuts): Cuts {
  return { interruptedBy, ...(yieldsTo ? { yieldsTo } : {}) };
}

/** Before its first failure a step yields to nothing: it may be done in a moment. */
export function cutsAtFirst({ interruptedBy = [] }: Cuts): Cuts {
  return { interruptedBy };
}

/** One round of a step. One that fails blocks the account; `again` is answered when the next round is due. */
export async function tryOnce<T>(run: AccountRun, step: Step<T>, patience: Patience, cuts: Cuts): Promise<Tried<T>> {
  const round: Round<T> = await runRound(run, step, patience, cuts);
  if (round.outcome === 'interrupted') return round;
  if (round.outcome === 'done') return { ...round, wasBlocked: accountOf(run).blocked !== null };
  if (round.outcome === 'resumed') return { outcome: 'again', patience: 'prompt' };
  const code: ErrorCode = round.failure.code;
  if (step.returns?.includes(code)) return round;
  block(run, step.name, round.failure);
  const waited: Waited = await waitBeforeRound(run, step, ERRORS[code].retry);
  if (waited === 'interrupted') return { outcome: waited };
  if (waited === 'resumed') return { outcome: 'again', patience: 'prompt' };
  return { outcome: 'again', patience: code === 'EngineOffline' ? 'wait-for-engine' : 'persist' };
}

/** Waits for as long as a round would last now. */
export async function pause(run: AccountRun, cuts: Cuts): Promise<Waited> {
  await rest(run, () => isCutShort(run, cuts), Date.now() + roundLimitMs(run));
  return wokenBy(run, cuts);
}

/** Blocks the account with a failure that only a person can mend, until they resume or interrupt it. */
export async function blockUntilResumed(
  run: AccountRun,
  step: Pick<Step<unknown>, 'name'> & Cuts,
  failure: StepFailure,
): Promise<'resumed' | 'interrupted'> {
  block(run, step.name, failure);
  const waited = await waitBeforeRound(run, step, 'no');
  if (waited === 'resumed') unblock(run);
  return waited === 'resumed' ? 'resumed' : 'interrupted';
}

async function runRound<T>(
  run: AccountRun,
  step: Pick<Step<T>, 'name' | 'run'>,
  patience: Patience,
  cuts: Cuts,
): Promise<Round<T>> {
  const scope = new CancellationScope();
  const limitMs = roundLimitMs(run);
  let settled: Round<T> | undefined;
  const ended = scope
    .run(() => step.run(engine(run.domain, step.name, patience, limitMs), admission(patience, limitMs)))
    .then(
      (value): Round<T> => ({ outcome: 'done', value, wasBlocked: false }),
      (error): Round<T> =>
        isCancellation(error)
          ? { outcome: 'resumed' }
          : { outcome: 'failed', failure: describeFailure(error, run.domain) },
    )
    .then((round) => (settled = round));
  const hasSettled = () => settled !== undefined;
  const isOver = () => hasSettled() || isCutShort(run, cuts) || isTooLong();
  // A round that is soon over needs no timer for what becomes due meanwhile.
  await (patience === 'prompt' ? condition(isOver) : attentively(run, isOver));
  // Whoever resumes is answered now, and not when the attempt that is under way has ended.
  const wasResumed = takeResumes(run);
  if (!hasSettled()) scope.cancel();
  const round = await ended;
  const isResumed = takeResumes(run) || wasResumed;
  // It may have ended well all the same; the caller then finds the interrupting intent before its next step.
  if (round.outcome === 'done') return round;
  if (isInterrupted(run, cuts)) return { outcome: 'interrupted' };
  return isResumed ? { outcome: 'resumed' } : round;
}

/**
 * A round lasts three times as long as the account has been blocked for already: a cause that has changed meanwhile goes
 * untold for that long, and a day of one cause costs fewer than ten rounds.
 */
function roundLimitMs(run: AccountRun): number {
  const { blocked } = accountOf(run);
  const blockedMs = blocked === null ? 0 : Date.now() - Date.parse(blocked.since);
  return Math.min(Math.max(3 * blockedMs, SHORTEST_ROUND_MS), LONGEST_ROUND_MS);
}

/** Waits as the code's retryability says, until the next round is due. */
async function waitBeforeRound(run: AccountRun, cuts: Cuts, retry: 'yes' | 'slowly' | 'no'): Promise<Waited> {
  const cut = () => isCutShort(run, cuts);
  if (retry === 'no') await rest(run, cut);
  if (retry === 'slowly') await rest(run, cut, Date.now() + SLOW_RETRY_MS);
  return wokenBy(run, cuts);
}

function wokenBy(run: AccountRun, cuts: Cuts): Waited {
  if (isInterrupted(run, cuts)) return 'interrupted';
  return takeResumes(run) ? 'resumed' : 'due';
}

function isInterrupted(run: AccountRun, { interruptedBy = [], yieldsTo }: Cuts): boolean {
  return isWaiting(run, interruptedBy) || (yieldsTo !== undefined && yieldsTo());
}

function isCutShort(run: AccountRun, cuts: Cuts): boolean {
  return isInterrupted(run, cuts) || isWaiting(run, ['resume']);
}

/** `resume` only wakes the wait: all of them are answered at once. Whether there was one. */
function takeResumes(run: AccountRun): boolean {
  const intent = take(run, ['resume']);
  if (!intent) return false;
  settle(run, intent, accountOf(run));
  takeResumes(run);
  return true;
}
