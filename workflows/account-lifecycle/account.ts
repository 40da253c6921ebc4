/** One run's hold on its account. `record` is the only way in which an account changes. */
import { allHandlersFinished } from '@temporalio/workflow';
import type { Account, AccountEvent } from '../../contracts/account.ts';
import type { AccountObjectInput } from '../../contracts/activities.ts';
import type { Deadlines } from '../../contracts/deadlines.ts';
import { secretPath } from '../../contracts/ids.ts';
import { applyTransition, type EventType } from '../../contracts/lifecycle.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { AccountLifecycleInput, CarriedAccount, SubmitMessage } from '../../contracts/workflows.ts';
import { platform, untilDone } from '../support/activities.ts';
import { refuseStale, type Inbox } from './intents.ts';
import { openApproval } from './approval.ts';

/** Who causes what nobody asked for: deadlines, blocks, cancellations. */
export const SYSTEM = 'system';

export interface AccountRun extends Inbox {
  readonly accountId: string;
  readonly domain: string;
  /** The template version of the request; null before it was accepted. */
  snapshot: TemplateSnapshot | null;
  /** Whether this period's reminder is done. */
  reminded: boolean;
  renewedInThisRun: boolean;
  /** How many transitions are on their way to the projection. */
  recording: number;
}

/** The state with which a run begins: empty, or what the run before handed on. */
export function openRun({ accountId, domain, carried }: AccountLifecycleInput): AccountRun {
  return {
    accountId,
    domain,
    account: carried?.account ?? null,
    snapshot: carried?.snapshot ?? null,
    reminded: carried?.reminded ?? false,
    answered: [...(carried?.answered ?? [])],
    intents: [],
    renewedInThisRun: false,
    recording: 0,
  };
}

/** The argument of the run after this one. */
export function nextRunInput(run: AccountRun): AccountLifecycleInput {
  const carried: CarriedAccount = {
    account: accountOf(run),
    snapshot: snapshotOf(run),
    reminded: run.reminded,
    answered: run.answered,
  };
  return { accountId: run.accountId, domain: run.domain, carried };
}

/** The account, once its request was accepted. Earlier is a bug: plain Error. */
export function accountOf(run: AccountRun): Account {
  if (run.account === null) throw new Error(`account ${run.accountId} was used before its request was accepted`);
  return run.account;
}

/** The template version, once the request was accepted. Earlier is a bug: plain Error. */
export function snapshotOf(run: AccountRun): TemplateSnapshot {
  if (run.snapshot === null) throw new Error(`account ${run.accountId} was used before its request was accepted`);
  return run.snapshot;
}

/** What directory activities need to find the account's object. */
export function directoryTarget(run: AccountRun): AccountObjectInput {
  const { objectGuid, samAccountName } = accountOf(run);
  const { organizationalUnit } = snapshotOf(run).template.directory;
  return { accountId: run.accountId, domain: run.domain, objectGuid, samAccountName, organizationalUnit };
}

/** The account's id and domain, as every engine activity takes them. */
export function refOf({ accountId, domain }: AccountRun): { accountId: string; domain: string } {
  return { accountId, domain };
}

/** Deadlines as the account shows them. */
export function instantsOf(deadlines: Deadlines): Pick<Account, keyof Deadlines> {
  const { startsAt, remindAt, renewalOpensAt, endsAt } = deadlines;
  return {
    startsAt: startsAt.toISOString(),
    remindAt: remindAt.toISOString(),
    renewalOpensAt: renewalOpensAt.toISOString(),
    endsAt: endsAt.toISOString(),
  };
}

/** Where the account's secret is, or will be. */
export function vaultPathOf(run: AccountRun): string {
  return secretPath(snapshotOf(run).template.vault.folder, run.domain, accountOf(run).samAccountName);
}

/** The account's first event: it comes into being as `submitted`. Resolves when the projection has it. */
export function recordSubmission(
  run: AccountRun,
  message: SubmitMessage,
  snapshot: TemplateSnapshot,
): Promise<Account> {
  const { request, actor } = message;
  const at = now();
  run.snapshot = snapshot;
  run.account = {
    id: run.accountId,
    domain: run.domain,
    samAccountName: request.samAccountName,
    state: applyTransition('new', 'submitted'),
    sequence: 1,
    blocked: null,
    requester: actor,
    owners: [...new Set([actor, ...request.owners])],
    justification: request.justification,
    description: request.description ?? null,
    templateId: snapshot.templateId,
    templateVersion: snapshot.version,
    approval: openApproval(snapshot),
    endOfLife: snapshot.template.lifecycle.endOfLife,
    submittedAt: at,
    startsAt: null,
    remindAt: null,
    renewalOpensAt: null,
    endsAt: null,
    objectGuid: null,
    objectSid: null,
    distinguishedName: null,
    secret: null,
  };
  return project(run, { type: 'submitted', at, actor, detail: {} });
}

/**
 * Applies an event to the account at once, through the transition table, and sends it to the projection. Resolves with
 * the account as it was after the event when the projection has it; the caller may go on before, since the projection
 * takes transitions in any order. A change of state ends a block.
 */
export function record(
  run: AccountRun,
  event: { readonly type: EventType; readonly actor: string; readonly detail?: AccountEvent['detail'] },
  changes: Partial<Omit<Account, 'id' | 'state' | 'sequence'>> = {},
): Promise<Account> {
  const before = accountOf(run);
  const state = applyTransition(before.state, event.type);
  const blocked = state === before.state ? before.blocked : null;
  run.account = { ...before, blocked, ...changes, state, sequence: before.sequence + 1 };
  refuseStale(run);
  return project(run, { type: event.type, at: now(), actor: event.actor, detail: event.detail ?? {} });
}

/** Whether every update has its answer and the projection every event: only then may a run end. */
export function isSettled(run: AccountRun): boolean {
  return run.recording === 0 && allHandlersFinished();
}

/** This instant, as everything at rest has it. */
export function now(): string {
  return new Date().toISOString();
}

async function project(
  run: AccountRun,
  event: Pick<AccountEvent, 'type' | 'at' | 'actor' | 'detail'>,
): Promise<Account> {
  const account = accountOf(run);
  const { sequence, state } = account;
  run.recording += 1;
  const transition = { account, event: { accountId: run.accountId, sequence, state, ...event } };
  await untilDone(() => platform.recordTransition(transition));
  run.recording -= 1;
  return account;
}
