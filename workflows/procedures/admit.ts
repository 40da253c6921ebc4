/** Nothing destructive begins where an administrator has frozen it, or where too much of it happens. */
import type { AdmitDestructiveStepInput } from '../../contracts/activities.ts';
import { ERRORS, isErrorCode, type ErrorCode } from '../../contracts/errors.ts';
import { accountOf, directoryTarget, refOf, type AccountRun } from '../account-lifecycle/run.ts';
import { turnThePage } from '../account-lifecycle/rest.ts';
import type { Patience } from '../support/activities.ts';
import { unblock } from '../support/block.ts';
import {
  cutsAtFirst,
  cutsOf,
  pause,
  tryOnce,
  untilEnded,
  type Cuts,
  type Step,
  type StepResult,
  type Tried,
} from '../support/patient-step.ts';

/** `occasion` (ISO 8601 UTC) is what does not change however often it is asked for: with it the step is one admission. */
export type Admission = Pick<AdmitDestructiveStepInput, 'step' | 'occasion'>;

/** An answer that was asked for longer ago says what was: it may have lain there while every control plane was away. */
const FRESH_MS = 2 * 60_000;

/** Whether what was asked for at `askedAtMs` (since the epoch) is answered soon enough to act on it. */
export function isFresh(askedAtMs: number): boolean {
  return Date.now() - askedAtMs <= FRESH_MS;
}

/**
 * Waits until the step may begin: it must then be begun at once. What is blocked stays so, for the sake of that step. False
 * when something else comes first.
 */
export async function admit(run: AccountRun, { step, occasion }: Admission, cuts: Cuts = {}): Promise<boolean> {
  const question: Step<void> = {
    name: 'admit-destructive-step',
    run: (_engine, admission) => {
      const { templateId } = accountOf(run);
      return admission.admitDestructiveStep({ ...refOf(run), templateId, step, occasion });
    },
    ...cutsOf(cuts),
  };
  for (;;) {
    const askedAtMs = Date.now();
    const { outcome } = await untilEnded(run, question);
    if (outcome !== 'done') return false;
    if (isFresh(askedAtMs)) return true;
    await turnThePage(run);
  }
}

/** Does a destructive step as soon as it is admitted, however long that takes. */
export async function admitted<T>(run: AccountRun, admission: Admission, step: Step<T>): Promise<StepResult<T>> {
  if (!(await admit(run, admission, step))) return { outcome: 'interrupted' };
  return whileAdmitted(run, admission, step);
}

/**
 * Does a destructive step that was admitted a moment ago. When that cannot be done at once, what waits for the engine is
 * a harmless question; once that is answered, the admission is asked for again: a freeze may have come meanwhile.
 */
export async function whileAdmitted<T>(run: AccountRun, admission: Admission, step: Step<T>): Promise<StepResult<T>> {
  let [patience, cuts]: [Patience, Cuts] = ['prompt', cutsAtFirst(step)];
  for (;;) {
    const tried: Tried<T> = await tryOnce(run, step, patience, cuts);
    if (tried.outcome !== 'again') {
      if (tried.outcome !== 'interrupted') unblock(run);
      return tried;
    }
    await turnThePage(run);
    const isReady = await untilReady(run, step, tried.patience, patience === 'briefly');
    if (!isReady || !(await admit(run, admission, step))) return { outcome: 'interrupted' };
    [patience, cuts] = [tried.patience === 'prompt' ? 'prompt' : 'briefly', step];
  }
}

/** Codes that tell that the engine and its directory are there, though not what was asked for. */
const ANSWERS: readonly ErrorCode[] = Object.keys(ERRORS)
  .filter(isErrorCode)
  .filter((code) => ERRORS[code].retry === 'no');

/** Waits until the engine answers for the account's object. False when something else comes first. */
async function untilReady(
  run: AccountRun,
  step: Step<unknown>,
  patience: Patience,
  hasAnswered: boolean,
): Promise<boolean> {
  // Somebody resumed the step: it tells by itself what is still wrong.
  if (patience === 'prompt') return true;
  // It answered before, and the step failed all the same: the answer says nothing about this cause.
  if (hasAnswered && patience !== 'wait-for-engine' && (await pause(run, step)) === 'interrupted') return false;
  const question: Step<unknown> = {
    name: step.name,
    run: (engine) => engine.captureAccount(directoryTarget(run)),
    returns: ANSWERS,
    ...cutsOf(step),
  };
  const answered = await untilEnded(run, question, patience);
  return answered.outcome !== 'interrupted';
}
