/** How a run waits: attentively, for the desk's sake, and never so long that its history grows without end. */
import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { Account } from '../../contracts/account.ts';
import type { AccountLifecycleInput } from '../../contracts/workflows.ts';
import { attend, hasDeskWork, nextLook, sendReplies } from './desk.ts';
import { askToComeAgain } from './intents.ts';
import { nextRunInput, type AccountRun } from './run.ts';
import { LONGEST_WAIT_MS, REST_MS, waitMs } from './schedule.ts';

/** From here on a run ends at its next quiet moment, in history events. */
const LONG_HISTORY = 1_000;
/** …or here: every event of a round with many votes has all of them. */
const LARGE_HISTORY_BYTES = 2_000_000;
/** From here on it ends though people keep asking: they are asked to come again, to the next run. */
const TOO_LONG_HISTORY = 1_500;

/**
 * Waits until `wanted`, or until `untilMs` (since the epoch), doing desk work meanwhile. May begin a new run instead of
 * returning, so that a caller must find its place again by what the run carries.
 */
export async function rest(run: AccountRun, wanted: () => boolean, untilMs = Infinity): Promise<void> {
  for (;;) {
    attend(run);
    if (wanted() || Date.now() >= untilMs) return;
    if (isTooLong()) await beginNewRun(run);
    const isLong = run.renewedInThisRun || isHistoryLong();
    const woken = await wake(run, wanted, untilMs, isLong ? REST_MS : LONGEST_WAIT_MS);
    const hasCome = woken || Math.min(untilMs, nextLook(run)) <= Date.now();
    if (!hasCome && isLong && run.account !== null) await beginNewRun(run);
  }
}

/** Waits until `wanted` while an activity is under way: doing desk work, without a new run. */
export async function attentively(run: AccountRun, wanted: () => boolean): Promise<void> {
  for (;;) {
    attend(run);
    if (wanted()) return;
    // The activity ends by itself: a timer is for what becomes due meanwhile, and costs two events a round.
    if (nextLook(run) === Infinity) await condition(() => wanted() || hasDeskWork(run));
    else await wake(run, wanted, Infinity, LONGEST_WAIT_MS);
  }
}

/** Begins a new run if history is long: call it between two rounds of a step. Returns otherwise. */
export async function turnThePage(run: AccountRun): Promise<void> {
  if (isHistoryLong()) await beginNewRun(run);
}

/** Whether a wait should be cut short so that a new run can begin. */
export function isTooLong(): boolean {
  return workflowInfo().historyLength >= TOO_LONG_HISTORY;
}

/** Whether every update has its answer and the platform has heard everything: only then may a run end. */
export function isSettled(run: AccountRun): boolean {
  return run.sending === 0 && run.replies.length === 0 && allHandlersFinished();
}

function isHistoryLong(): boolean {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength >= LONG_HISTORY || historySize >= LARGE_HISTORY_BYTES;
}

async function wake(run: AccountRun, wanted: () => boolean, untilMs: number, longestMs: number): Promise<boolean> {
  const ms = waitMs([untilMs, nextLook(run)], Date.now(), longestMs);
  return condition(() => wanted() || hasDeskWork(run), ms);
}

/** Ends this run in favour of the next, which takes up what was begun. Who waits for an answer asks the next run. */
async function beginNewRun(run: AccountRun): Promise<never> {
  run.isDraining = true;
  do {
    sendReplies(run);
    await condition(() => run.sending === 0);
    askToComeAgain(run);
    await condition(() => allHandlersFinished());
  } while (!isSettled(run));
  return continueAsNew<(input: AccountLifecycleInput) => Promise<Account | null>>(nextRunInput(run));
}
