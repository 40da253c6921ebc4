/**
 * What people ask of an account, in the order of arrival. Update handlers only queue here and wait; the main loop takes
 * one intent after the other, so that effects never interleave.
 */
import { condition } from '@temporalio/workflow';
import type { Account } from '../../contracts/account.ts';
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts';
import { allowedActions, isAllowed, type AccountAction } from '../../contracts/lifecycle.ts';
import type { ActionMessage, DecideMessage, SubmitMessage } from '../../contracts/workflows.ts';
import { refusal } from '../support/failures.ts';
import { decisionRefusal } from './approval.ts';

interface Waiting {
  /** Set when the main loop has taken it. */
  taken: boolean;
  outcome?: { readonly account: Account } | { readonly code: ErrorCode; readonly message: string };
}
export type SubmitIntent = Waiting & { readonly action: 'submit'; readonly message: SubmitMessage };
export type DecideIntent = Waiting & { readonly action: 'decide'; readonly message: DecideMessage };
export type ActionIntent = Waiting & {
  readonly action: Exclude<AccountAction, 'decide'>;
  readonly message: ActionMessage;
};
export type Intent = SubmitIntent | DecideIntent | ActionIntent;

/** The part of a run that handlers touch. */
export interface Inbox {
  /** Null until the request was accepted. */
  account: Account | null;
  /** Intents without an outcome, oldest first. */
  intents: Intent[];
  /** Newest last. */
  answered: { readonly operationId: string; readonly account: Account }[];
}

/** How many operations are remembered with their answers. */
export const REMEMBERED_ANSWERS = 50;

/** Rejects an update that the account does not allow now. An operation that is known gets through, to its first answer. */
export function validate(inbox: Inbox, asked: Pick<Intent, 'action' | 'message'>): void {
  if (isKnown(inbox, asked.message.operationId)) return;
  const code = refusalOf(inbox.account, asked);
  if (code) throw refusal(code, explain(code, inbox.account, asked.action));
}

/** Queues what was asked and waits for the main loop to do it. Answers the account as it was after the event. */
export async function perform(inbox: Inbox, asked: Pick<Intent, 'action' | 'message'>): Promise<Account> {
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
export function queue(inbox: Inbox, asked: Pick<Intent, 'action' | 'message'>): Intent {
  const intent = { ...asked, taken: false } as Intent;
  inbox.intents.push(intent);
  return intent;
}

/** Whether an intent waits: any, or one of `actions`. */
export function isWaiting(inbox: Inbox, ...actions: Intent['action'][]): boolean {
  return inbox.intents.some((intent) => !intent.taken && (actions.length === 0 || actions.includes(intent.action)));
}

/** Takes the oldest waiting intent, of `actions` if given; whoever takes it settles or refuses it. */
export function take(inbox: Inbox): Intent | undefined;
export function take<A extends Intent['action']>(
  inbox: Inbox,
  ...actions: A[]
): (Intent & { readonly action: A }) | undefined;
export function take(inbox: Inbox, ...actions: Intent['action'][]): Intent | undefined {
  const intent = inbox.intents.find((one) => !one.taken && (actions.length === 0 || actions.includes(one.action)));
  if (intent) intent.taken = true;
  return intent;
}

/** Answers an intent with the account after its event, and remembers the answer. */
export function settle(inbox: Inbox, intent: Intent, account: Account): void {
  inbox.answered = [...inbox.answered, { operationId: intent.message.operationId, account }].slice(-REMEMBERED_ANSWERS);
  close(inbox, intent, { account });
}

/** Answers an intent with the last event's account when all its events are recorded; the caller goes on meanwhile. */
export function settleAfter(inbox: Inbox, intent: Intent, ...recorded: Promise<Account>[]): void {
  void Promise.all(recorded).then((accounts) => settle(inbox, intent, accounts.at(-1)!));
}

/** Rejects an intent. */
export function refuse(inbox: Inbox, intent: Intent, code: ErrorCode, message?: string): void {
  close(inbox, intent, { code, message: message ?? explain(code, inbox.account, intent.action) });
}

/** Rejects the waiting intents that the account, after a change, allows no longer. */
export function refuseStale(inbox: Inbox): void {
  for (const intent of inbox.intents.filter((one) => !one.taken)) {
    const code = refusalOf(inbox.account, intent);
    if (code) refuse(inbox, intent, code);
  }
}

/** Rejects everything that waits: the account has ended. */
export function refuseWaiting(inbox: Inbox): void {
  for (const intent of inbox.intents.filter((one) => !one.taken)) refuse(inbox, intent, 'StateConflict');
}

function close(inbox: Inbox, intent: Intent, outcome: NonNullable<Waiting['outcome']>): void {
  intent.outcome = outcome;
  inbox.intents = inbox.intents.filter((other) => other !== intent);
}

function isKnown(inbox: Inbox, operationId: string): boolean {
  return [...inbox.answered, ...inbox.intents.map((intent) => intent.message)].some(
    (known) => known.operationId === operationId,
  );
}

function refusalOf(account: Account | null, asked: Pick<Intent, 'action' | 'message'>): ErrorCode | undefined {
  if (asked.action === 'submit') return account === null ? undefined : 'StateConflict';
  if (account === null) return 'StateConflict';
  if (!allowedActions(account, new Date()).includes(asked.action)) {
    return asked.action === 'renew' && isAllowed(account.state, 'renewed') ? 'RenewalNotOpen' : 'StateConflict';
  }
  return asked.action === 'decide' ? decisionRefusal(account, asked.message as DecideMessage) : undefined;
}

function explain(code: ErrorCode, account: Account | null, action: Intent['action']): string {
  if (account !== null && code === 'StateConflict') {
    return `${account.samAccountName} is ${account.state}: ${action} is not possible now.`;
  }
  if (account !== null && code === 'RenewalNotOpen') {
    return `${account.samAccountName} can be renewed from ${account.renewalOpensAt} on.`;
  }
  return ERRORS[code].title;
}
