/**
 * One step of an engine that waits for as long as it takes. It is tried at once; when that fails, the account is blocked
 * visibly and the same activity is scheduled with long limits, over and over, so that a week of waiting costs tens of
 * events. What no retry can mend waits for `resume`. Interrupting actions cut it short wherever it is.
 */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { StepName } from '../../contracts/account.ts';
import type { EngineActivities } from '../../contracts/activities.ts';
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import { accountOf, now, record, SYSTEM, type AccountRun } from '../account-lifecycle/account.ts';
import { isWaiting, settle, take } from '../account-lifecycle/intents.ts';
import { engine, type Patience } from './activities.ts';
import { describeFailure, type StepFailure } from './failures.ts';

export interface Step<T> {
  readonly name: StepName;
  /** Calls one activity. Called once a round, so that its input may depend on the time. */
  readonly run: (activities: EngineActivities) => Promise<T>;
  /** Actions that end the step before it is done. They stay in the queue, for the caller. */
  readonly interruptedBy?: readonly AccountAction[];
  /** Codes that end the step because the caller knows what to do; all others block it. */
  readonly returns?: readonly ErrorCode[];
}

export type StepResult<T> =
  | { readonly outcome: 'done'; readonly value: T; readonly wasBlocked: boolean }
  /** Whether the step had an effect is not known. */
  | { readonly outcome: 'interrupted' }
  | { readonly outcome: 'failed'; readonly failure: StepFailure };

type Round<T> = StepResult<T> | { readonly outcome: 'resumed' };

/** The retry interval of `slowly` between two rounds: an engine's own account must not be locked out by us. */
const SLOW_RETRY = '10 minutes';

/** Runs a step until it is done, interrupted, or failed with a code of `returns`. */
export async function patientStep<T>(run: AccountRun, step: Step<T>): Promise<StepResult<T>> {
  let patience: Patience = 'prompt';
  for (;;) {
    const round: Round<T> = await runRound(run, step, patience);
    if (round.outcome === 'interrupted') return round;
    if (round.outcome === 'done') {
      const wasBlocked = accountOf(run).blocked !== null;
      unblock(run);
      return { ...round, wasBlocked };
    }
    if (round.outcome === 'failed') {
      if (step.returns?.includes(round.failure.code)) {
        unblock(run);
        return round;
      }
      block(run, step.name, round.failure);
      const waited = await waitBeforeRound(run, step, ERRORS[round.failure.code].retry);
      if (waited === 'interrupted') return { outcome: waited };
      patience =
        waited === 'resumed' ? 'prompt' : round.failure.code === 'EngineOffline' ? 'wait-for-engine' : 'persist';
    } else {
      patience = 'prompt';
    }
  }
}

/** Blocks the account with a failure that only a person can mend, until they resume or interrupt it. */
export async function blockUntilResumed(
  run: AccountRun,
  step: Pick<Step<unknown>, 'name' | 'interruptedBy'>,
  failure: StepFailure,
): Promise<'resumed' | 'interrupted'> {
  block(run, step.name, failure);
  const waited = await waitBeforeRound(run, step, 'no');
  if (waited === 'resumed') unblock(run);
  return waited === 'resumed' ? 'resumed' : 'interrupted';
}

async function runRound<T>(run: AccountRun, step: Step<T>, patience: Patience): Promise<Round<T>> {
  const scope = new CancellationScope();
  let settled: Round<T> | undefined;
  const ended = scope
    .run(() => step.run(engine(run.domain, patience)))
    .then(
      (value): Round<T> => ({ outcome: 'done', value, wasBlocked: false }),
      (error): Round<T> =>
        isCancellation(error)
          ? { outcome: 'resumed' }
          : { outcome: 'failed', failure: describeFailure(error, run.domain) },
    )
    .then((round) => (settled = round));
  const hasSettled = () => settled !== undefined;
  await condition(() => hasSettled() || isCutShort(run, step));
  if (!hasSettled()) scope.cancel();
  const round = await ended;
  // It may have ended well all the same; the caller then finds the interrupting intent before its next step.
  if (round.outcome === 'done') return round;
  if (isInterrupted(run, step)) return { outcome: 'interrupted' };
  return takeResume(run) ? { outcome: 'resumed' } : round;
}

/** Waits as the code's retryability says, until the next round is due. */
async function waitBeforeRound(
  run: AccountRun,
  step: Pick<Step<unknown>, 'interruptedBy'>,
  retry: 'yes' | 'slowly' | 'no',
): Promise<'due' | 'resumed' | 'interrupted'> {
  const cut = () => isCutShort(run, step);
  if (retry === 'no') await condition(cut);
  if (retry === 'slowly') await condition(cut, SLOW_RETRY);
  if (isInterrupted(run, step)) return 'interrupted';
  return takeResume(run) ? 'resumed' : 'due';
}

function isInterrupted(run: AccountRun, step: Pick<Step<unknown>, 'interruptedBy'>): boolean {
  return step.interruptedBy !== undefined && step.interruptedBy.length > 0 && isWaiting(run, ...step.interruptedBy);
}

function isCutShort(run: AccountRun, step: Pick<Step<unknown>, 'interruptedBy'>): boolean {
  return isInterrupted(run, step) || isWaiting(run, 'resume');
}

/** `resume` only wakes the wait: it is answered at once. */
function takeResume(run: AccountRun): boolean {
  const intent = take(run, 'resume');
  if (intent) settle(run, intent, accountOf(run));
  return intent !== undefined;
}

/** Records why the account cannot go on, unless that is on record already. Nothing waits for the projection here. */
function block(run: AccountRun, step: StepName, failure: StepFailure): void {
  const { blocked } = accountOf(run);
  if (blocked?.code === failure.code && blocked.step === step) return;
  const { code, message } = failure;
  const retrying = ERRORS[code].retry !== 'no';
  void record(
    run,
    { type: 'blocked', actor: SYSTEM, detail: { code, step, retrying } },
    { blocked: { code, since: now(), step, message, retrying } },
  );
}

function unblock(run: AccountRun): void {
  const { blocked } = accountOf(run);
  if (blocked === null) return;
  void record(
    run,
    { type: 'unblocked', actor: SYSTEM, detail: { code: blocked.code, step: blocked.step } },
    { blocked: null },
  );
}
