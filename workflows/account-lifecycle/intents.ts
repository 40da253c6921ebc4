/**
 * What people ask of an account, in the order of arrival. Update handlers only queue here and wait; the main loop takes
 * one intent after the other, so that effects never interleave.
 */
import { condition, log } from '@temporalio/workflow';
import type { Account } from '../../contracts/account.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { Answered, Asked, Messages, MigrationOutcome } from '../../contracts/workflows.ts';
import { refusal } from '../support/failures.ts';
import { refusalOf, staleness, type Refusal } from './refusals.ts';

export type Action = keyof Messages;

type Outcome = { readonly account: Account } | Refusal;

interface Waiting {
  /** Set when the main loop has taken it. */
  taken: boolean;
  /** Set when it was begun, and put back because something else had to come first. */
  gaveWay: boolean;
  /** Set when there was nothing to change. */
  wasSo?: boolean;
  outcome?: Outcome;
}
export type Intent<A extends Action = Action> = A extends unknown ? Waiting & Asked<A> : never;

/** The part of a run that handlers touch. */
export interface Inbox {
  /** Null until the request was accepted. */
  account: Account | null;
  snapshot: TemplateSnapshot | null;
  /** Intents without an outcome, oldest first. */
  intents: Intent[];
  /** Newest last. */
  answered: Answered[];
  /** Outcomes of what workflows asked, to be told to them. */
  replies: { readonly workflowId: string; readonly outcome: MigrationOutcome }[];
  /** Set when the run is about to end in favour of the next one: what comes now is asked to come again. */
  isDraining: boolean;
}

/** How many operations are remembered with their answers. */
export const REMEMBERED_ANSWERS = 20;
/** How many votes such an answer keeps: without a limit the answers would outgrow what a run may hand on. */
const REMEMBERED_VOTES = 20;

const COME_AGAIN: Refusal = {
  code: 'ServiceUnavailable',
  message: 'The account is between two runs. Ask again: the same operation is done once.',
};

/** What may wait for an engine, however long it is away. */
const PATIENT_ACTIONS: readonly Action[] = [
  'renew',
  'request-renewal',
  'disable',
  'enable',
  'edit',
  'migrate',
  'restore',
];
/** Temporal holds ten unanswered updates of a workflow: what must always get through, such as `retire`, needs room. */
const MOST_PATIENT = 4;

/** Rejects an update that the account does not allow now. An operation that is known gets through, to its first answer. */
export function validate(inbox: Inbox, asked: Asked): void {
  if (isAnswered(inbox, asked.message.operationId)) return;
  const refused = inbox.isDraining ? COME_AGAIN : isQueued(inbox, asked) ? undefined : objectionTo(inbox, asked);
  if (refused) throw refusal(refused.code, refused.message);
}

/** Queues what was asked and waits for the main loop to do it. Answers the account as it was after the event. */
export async function perform(inbox: Inbox, asked: Asked): Promise<Account> {
  const { operationId } = asked.message;
  const first = inbox.answered.find((answer) => answer.operationId === operationId);
  if (first) return first.account;
  const intent = inbox.intents.find((other) => other.message.operationId === operationId) ?? queue(inbox, asked);
  await condition(() => intent.outcome !== undefined);
  const outcome = intent.outcome!;
  if ('code' in outcome) throw refusal(outcome.code, outcome.message);
  return outcome.account;
}

/** Queues an intent that nobody needs to wait for. */
export function queue(inbox: Inbox, asked: Asked): Intent {
  const intent: Intent = { ...asked, taken: false, gaveWay: false };
  inbox.intents.push(intent);
  log.info('an operation begins', { action: asked.action, operationId: asked.message.operationId });
  return intent;
}

/** Queues what a workflow asks by a signal: its outcome is told by a signal too, also when it was done before. */
export function queueSignalled(inbox: Inbox, asked: Asked<'migrate'>): void {
  const { operationId } = asked.message;
  if (isAnswered(inbox, operationId)) return reply(inbox, asked, { outcome: 'migrated' });
  if (isQueued(inbox, asked)) return;
  const refused = refusalNow(inbox, asked);
  if (refused) return reply(inbox, asked, { outcome: 'refused', ...refused });
  queue(inbox, asked);
}

/** Whether one of `actions` waits. */
export function isWaiting(inbox: Inbox, actions: readonly Action[]): boolean {
  return inbox.intents.some((intent) => !intent.taken && actions.includes(intent.action));
}

/** Whether one of `actions` waits that has not been begun before. */
export function isFreshWaiting(inbox: Inbox, actions: readonly Action[]): boolean {
  return inbox.intents.some((intent) => !intent.taken && !intent.gaveWay && actions.includes(intent.action));
}

/** Takes the oldest waiting intent of `actions`, a fresh one first; whoever takes it settles it, refuses it or puts it back. */
export function take<A extends Action>(inbox: Inbox, actions: readonly A[]): Intent<A> | undefined {
  const waiting = inbox.intents.filter((one) => !one.taken && actions.includes(one.action as A));
  const intent = waiting.find(({ gaveWay }) => !gaveWay) ?? waiting[0];
  if (intent) intent.taken = true;
  return intent as Intent<A> | undefined;
}

/** Puts an intent back that could not be done yet. */
export function putBack(intent: Intent): void {
  intent.taken = false;
  intent.gaveWay = true;
}

/** Answers an intent with the account after its event, and remembers the answer. */
export function settle(inbox: Inbox, intent: Intent, account: Account): void {
  const { operationId } = intent.message;
  inbox.answered = [...inbox.answered, { operationId, account: shortened(account) }].slice(-REMEMBERED_ANSWERS);
  close(inbox, intent, { account });
}

/** Answers an intent when its events are recorded; the caller goes on meanwhile. */
export function settleAfter(inbox: Inbox, intent: Intent, recorded: Promise<Account>): void {
  void recorded.then((account) => settle(inbox, intent, account));
}

/** Rejects an intent. */
export function refuse(inbox: Inbox, intent: Intent, refused: Refusal): void {
  close(inbox, intent, refused);
}

/** Rejects the waiting intents that the account, after a change, allows no longer. */
export function refuseStale(inbox: Inbox): void {
  for (const intent of inbox.intents.filter((one) => !one.taken)) {
    const refused = (intent.gaveWay ? undefined : staleness(inbox.account, intent)) ?? refusalNow(inbox, intent);
    if (refused) refuse(inbox, intent, refused);
  }
}

/** Rejects everything that waits: the account has ended. */
export function refuseWaiting(inbox: Inbox, code: ErrorCode, message: string): void {
  for (const intent of inbox.intents.filter((one) => !one.taken)) refuse(inbox, intent, { code, message });
}

/** Intents that are on their way, as the next run takes them up again. */
export function begunIntents({ intents }: Inbox): Asked[] {
  return intents.map(({ action, message, taken, gaveWay }) => {
    // What was begun met its condition; the account has had events of its own since.
    const condition = taken || gaveWay ? { expectedSequence: undefined } : {};
    return { action, message: { ...message, ...condition } } as Asked;
  });
}

/** An intent of the run before, to be taken again: nobody waits for it, and its answer is remembered. */
export function reopen(asked: Asked): Intent {
  return { ...asked, taken: false, gaveWay: false };
}

/** Lets everybody go who waits for an intent; the intents themselves stay, for the next run. */
export function askToComeAgain({ intents }: Inbox): void {
  for (const intent of intents) intent.outcome ??= COME_AGAIN;
}

function close(inbox: Inbox, intent: Intent, outcome: Outcome): void {
  intent.outcome = outcome;
  inbox.intents = inbox.intents.filter((other) => other !== intent);
  if (intent.action !== 'migrate') return;
  if ('code' in outcome) reply(inbox, intent, { outcome: 'refused', ...outcome });
  else reply(inbox, intent, { outcome: intent.wasSo ? 'unchanged' : 'migrated' });
}

type Reply = Pick<MigrationOutcome, 'outcome'> & Partial<MigrationOutcome>;

function reply(inbox: Inbox, { message }: Asked<'migrate'>, outcome: Reply): void {
  const { account } = inbox;
  if (message.replyTo === undefined || account === null) return;
  inbox.replies.push({
    workflowId: message.replyTo,
    outcome: { accountId: account.id, code: null, message: null, ...outcome },
  });
}

function shortened(account: Account): Account {
  const votes = account.approval.votes.slice(-REMEMBERED_VOTES);
  return votes.length === account.approval.votes.length
    ? account
    : { ...account, approval: { ...account.approval, votes } };
}

function isAnswered({ answered }: Inbox, operationId: string): boolean {
  return answered.some((answer) => answer.operationId === operationId);
}

function objectionTo(inbox: Inbox, asked: Asked): Refusal | undefined {
  const refused = staleness(inbox.account, asked) ?? refusalNow(inbox, asked);
  if (refused || !PATIENT_ACTIONS.includes(asked.action)) return refused;
  const waiting = inbox.intents.filter(({ action }) => PATIENT_ACTIONS.includes(action)).length;
  if (waiting < MOST_PATIENT) return undefined;
  return { code: 'ServiceUnavailable', message: `${waiting} changes of this account wait already. Ask again later.` };
}

function isQueued({ intents }: Inbox, { message }: Asked): boolean {
  return intents.some((intent) => intent.message.operationId === message.operationId);
}

function refusalNow({ account, snapshot }: Inbox, asked: Asked): Refusal | undefined {
  return refusalOf(account && snapshot ? { account, snapshot } : null, asked, new Date());
}
