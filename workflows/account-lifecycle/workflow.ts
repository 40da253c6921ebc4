/**
 * One service account, from its request to its end. Started by the `submit` update (update-with-start); owns the account's
 * state, everything else is a projection of it. Ends when the account is rejected, withdrawn, lapsed or retired, and
 * answers the account as it was then; null when the request was refused, so that there never was one. A cancellation by an
 * operator is a withdrawal by the system: it ends a request, and leaves a living account alone.
 *
 * The account's state says which phase comes next, so that a new run, which may begin in any of them, finds its place.
 */
import { CancellationScope, condition, log, setHandler, type defineUpdate } from '@temporalio/workflow';
import type { Account } from '../../contracts/account.ts';
import { FINAL_STATES, type AccountState } from '../../contracts/lifecycle.ts';
import type { AccountLifecycleInput, Asked, Messages } from '../../contracts/workflows.ts';
import { life } from '../procedures/life.ts';
import { giveUp, provision } from '../procedures/provision.ts';
import { retire, waitForUndo } from '../procedures/retire.ts';
import { platform, untilDone } from '../support/activities.ts';
import { sendReplies } from './desk.ts';
import {
  isWaiting,
  perform,
  queue,
  queueSignalled,
  refuse,
  refuseWaiting,
  settleAfter,
  take,
  validate,
} from './intents.ts';
import * as messages from './messages.ts';
import { recordSubmission } from './record.ts';
import { isSettled, rest } from './rest.ts';
import { accountOf, openRun, refOf, SYSTEM, type AccountRun } from './run.ts';

/** What a run does while the account is in a state; each phase returns when the account may have left it. */
const PHASES: Readonly<Partial<Record<AccountState, (run: AccountRun) => Promise<void>>>> = {
  submitted: (run) => rest(run, () => accountOf(run).state !== 'submitted'),
  approved: provision,
  withdrawing: giveUp,
  active: life,
  disabled: life,
  expired: life,
  renewing: life,
  retiring: retire,
  quarantined: waitForUndo,
};

export async function accountLifecycle(input: AccountLifecycleInput): Promise<Account | null> {
  const run = openRun(input);
  registerHandlers(run);
  const cancelled = CancellationScope.current().cancelRequested;
  cancelled.catch(() => withdrawForSystem(run));
  return CancellationScope.nonCancellable(() => live(run));
}

async function live(run: AccountRun): Promise<Account | null> {
  if (run.account === null && (await submission(run)) === 'refused') return end(run);
  while (!FINAL_STATES.includes(accountOf(run).state)) {
    const { state } = accountOf(run);
    const phase = PHASES[state];
    if (!phase) throw new Error(`nothing is to be done in state ${state}`);
    await phase(run);
  }
  return end(run);
}

/** Takes the name in the domain. Who asked is told when the request is on record, or why it is refused. */
async function submission(run: AccountRun): Promise<'accepted' | 'refused'> {
  await condition(() => isWaiting(run, ['submit', 'withdraw']));
  const intent = take(run, ['submit']);
  if (!intent) return 'refused';
  const { actor: requester, request } = intent.message;
  const reserved = await untilDone(() => platform.reserveName({ ...refOf(run), requester, request }));
  if (reserved.outcome === 'refused') {
    refuse(run, intent, reserved);
    return 'refused';
  }
  settleAfter(run, intent, recordSubmission(run, intent.message, reserved.snapshot));
  return 'accepted';
}

/** A cancellation is no decision about a living account. */
function withdrawForSystem(run: AccountRun): void {
  const state = run.account?.state ?? 'submitted';
  const message = { actor: SYSTEM, operationId: 'cancellation' };
  if (state === 'submitted' || state === 'approved') queue(run, { action: 'withdraw', message });
  else log.warn('an account that is or was in use is not cancelled', { state });
}

/** The workflow may complete only when every update has its answer and the platform has heard everything. */
async function end(run: AccountRun): Promise<Account | null> {
  const message = run.account === null ? 'The request was refused.' : `The account is ${run.account.state}.`;
  do {
    refuseWaiting(run, 'StateConflict', message);
    sendReplies(run);
    await condition(() => run.intents.some(({ taken }) => !taken) || isSettled(run));
  } while (!isSettled(run));
  return run.account;
}

/** Every update takes one message and answers the account. */
type Update = ReturnType<typeof defineUpdate<Account, [Messages[keyof Messages]]>>;

function registerHandlers(run: AccountRun): void {
  for (const [action, update] of Object.entries(messages.updates)) {
    const asked = (message: Messages[keyof Messages]) => ({ action, message }) as Asked;
    setHandler(update as Update, (message) => perform(run, asked(message)), {
      validator: (message: Messages[keyof Messages]) => validate(run, asked(message)),
    });
  }
  setHandler(messages.approversChangedSignal, () => void (run.approversChanged = true));
  setHandler(messages.ownerLeftSignal, ({ user }) => void (run.left = [...new Set([...run.left, user])]));
  setHandler(messages.migrationRequestedSignal, (message) => queueSignalled(run, { action: 'migrate', message }));
  setHandler(messages.snapshotQuery, () => run.account);
  setHandler(messages.answerQuery, (operationId: string) => {
    return run.answered.find((answer) => answer.operationId === operationId)?.account ?? null;
  });
}
