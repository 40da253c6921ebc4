/**
 * One service account, from its request to its end. Started by the `submit` update (update-with-start); owns the account's
 * state, everything else is a projection of it. Ends when the account is rejected, withdrawn or retired, and answers the
 * account as it was then; null when the request was refused, so that there never was one. A cancellation by an operator is
 * a withdrawal by the system: it ends a request, and leaves a living account alone.
 */
import {
  CancellationScope,
  condition,
  continueAsNew,
  log,
  setHandler,
  workflowInfo,
  type defineUpdate,
} from '@temporalio/workflow';
import type { Account } from '../../contracts/account.ts';
import type { Tally } from '../../contracts/approval.ts';
import type { AccountLifecycleInput } from '../../contracts/workflows.ts';
import { disable, enable, expire } from '../procedures/disable.ts';
import { provision } from '../procedures/provision.ts';
import { renew } from '../procedures/renew.ts';
import { retire } from '../procedures/retire.ts';
import { platform, untilDone } from '../support/activities.ts';
import {
  accountOf,
  isSettled,
  nextRunInput,
  now,
  openRun,
  record,
  recordSubmission,
  refOf,
  SYSTEM,
  type AccountRun,
} from './account.ts';
import { castVote } from './approval.ts';
import {
  isWaiting,
  perform,
  queue,
  refuse,
  refuseWaiting,
  settleAfter,
  take,
  validate,
  type DecideIntent,
  type Intent,
} from './intents.ts';
import * as messages from './messages.ts';
import { LONGEST_WAIT_MS, nextDeadline, REST_MS, waitMs, type Deadline } from './schedule.ts';

export async function accountLifecycle(input: AccountLifecycleInput): Promise<Account | null> {
  const run = openRun(input);
  registerHandlers(run);
  const cancelled = CancellationScope.current().cancelRequested;
  cancelled.catch(() => queue(run, { action: 'withdraw', message: { actor: SYSTEM, operationId: 'cancellation' } }));
  return CancellationScope.nonCancellable(() => live(run));
}

async function live(run: AccountRun): Promise<Account | null> {
  if (run.account === null) {
    if ((await submission(run)) === 'refused') return end(run);
    if ((await approval(run)) === 'turned-down') return end(run);
    if ((await provision(run)) === 'given-up') return end(run);
  }
  if ((await life(run)) === 'quiet') return continueAsNew<typeof accountLifecycle>(nextRunInput(run));
  await retire(run);
  return end(run);
}

/** Takes the name in the domain. Who asked is told when the request is on record, or why it is refused. */
async function submission(run: AccountRun): Promise<'accepted' | 'refused'> {
  await condition(() => isWaiting(run));
  const intent = take(run, 'submit');
  if (!intent) return 'refused';
  const { actor: requester, request } = intent.message;
  const reserved = await untilDone(() => platform.reserveName({ ...refOf(run), requester, request }));
  if (reserved.outcome === 'refused') {
    refuse(run, intent, reserved.code, reserved.message);
    return 'refused';
  }
  settleAfter(run, intent, recordSubmission(run, intent.message, reserved.snapshot));
  return 'accepted';
}

/** Collects votes until the last step is agreed, somebody denies, or the requester withdraws. */
async function approval(run: AccountRun): Promise<'agreed' | 'turned-down'> {
  for (;;) {
    await condition(() => isWaiting(run));
    const intent = take(run);
    if (intent?.action === 'decide') {
      const { outcome } = decide(run, intent);
      if (outcome !== 'pending') return outcome === 'denied' ? 'turned-down' : 'agreed';
    } else if (intent?.action === 'withdraw') {
      settleAfter(run, intent, record(run, { type: 'withdrawn', actor: intent.message.actor }));
      return 'turned-down';
    }
  }
}

/** One vote, and what follows from it. The next phase need not wait until the projection has them. */
function decide(run: AccountRun, intent: DecideIntent): Tally {
  const { actor, decision, reason } = intent.message;
  const { approval, tally } = castVote(accountOf(run).approval, intent.message, now());
  const detail = { decision, reason, step: accountOf(run).approval.openStep };
  const recorded = [record(run, { type: 'voted', actor, detail }, { approval })];
  if (tally.outcome === 'approved') recorded.push(record(run, { type: 'approved', actor }));
  if (tally.outcome === 'denied') recorded.push(record(run, { type: 'rejected', actor, detail: { reason } }));
  settleAfter(run, intent, ...recorded);
  return tally;
}

/** Lives until the account is to be retired, or until a quiet moment at which history should begin anew. */
async function life(run: AccountRun): Promise<'retiring' | 'quiet'> {
  for (;;) {
    const isLong = run.renewedInThisRun || workflowInfo().continueAsNewSuggested;
    const next = await nextTurn(run, isLong ? REST_MS : LONGEST_WAIT_MS);
    if (next === undefined && isLong && (await isQuiet(run))) return 'quiet';
    if (next && (await ('kind' in next ? meet(run, next) : act(run, next))) === 'retiring') return 'retiring';
  }
}

/** Waits for a message or a deadline, whichever is first; undefined when neither came in time. */
async function nextTurn(run: AccountRun, longestMs: number): Promise<Intent | Deadline | undefined> {
  const deadline = nextDeadline(accountOf(run), run.reminded, Date.now());
  await condition(() => isWaiting(run), waitMs(deadline, Date.now(), longestMs));
  return take(run) ?? (deadline && deadline.at <= Date.now() ? deadline : undefined);
}

const CHANGES = { renew, disable, enable };

/** Does what somebody asked of a living account. */
async function act(run: AccountRun, intent: Intent): Promise<'living' | 'retiring'> {
  const { actor } = intent.message;
  switch (intent.action) {
    case 'renew':
    case 'disable':
    case 'enable':
      await CHANGES[intent.action](run, intent);
      return 'living';
    case 'retire':
      settleAfter(run, intent, record(run, { type: 'retirement-requested', actor }));
      return 'retiring';
    default:
      // Validators let nothing else through; a cancellation by an operator is no decision about a living account.
      log.warn('a living account does not take this message', { action: intent.action, actor });
      refuse(run, intent, 'StateConflict');
      return 'living';
  }
}

/** Does what a deadline asks for. */
async function meet(run: AccountRun, deadline: Deadline): Promise<'living' | 'retiring'> {
  if (deadline.kind === 'reminder') {
    run.reminded = true;
    await record(run, { type: 'reminded', actor: SYSTEM });
    return 'living';
  }
  if (accountOf(run).endOfLife === 'delete') {
    await record(run, { type: 'retirement-requested', actor: SYSTEM });
    return 'retiring';
  }
  await expire(run);
  return 'living';
}

/** Nothing waits, nothing runs, every update is answered. False when a message came first. */
async function isQuiet(run: AccountRun): Promise<boolean> {
  await condition(() => isWaiting(run) || isSettled(run));
  return !isWaiting(run);
}

/** The workflow may complete only when every update has its answer and the projection every event. */
async function end(run: AccountRun): Promise<Account | null> {
  do {
    refuseWaiting(run);
    await condition(() => isWaiting(run) || isSettled(run));
  } while (isWaiting(run));
  return run.account;
}

function registerHandlers(run: AccountRun): void {
  const handle = <M extends Intent['message']>(
    update: ReturnType<typeof defineUpdate<Account, [M]>>,
    action: Intent['action'],
  ): void =>
    setHandler(update, (message: M) => perform(run, { action, message }), {
      validator: (message: M) => validate(run, { action, message }),
    });
  setHandler(messages.snapshotQuery, () => run.account);
  handle(messages.submitUpdate, 'submit');
  handle(messages.decideUpdate, 'decide');
  handle(messages.withdrawUpdate, 'withdraw');
  handle(messages.renewUpdate, 'renew');
  handle(messages.disableUpdate, 'disable');
  handle(messages.enableUpdate, 'enable');
  handle(messages.retireUpdate, 'retire');
  handle(messages.resumeUpdate, 'resume');
}
