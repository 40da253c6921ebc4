/** How an account changes: at once in the run, then in the projection. `record` is the only way to another state. */
import type { Account, AccountEvent } from '../../contracts/account.ts';
import type { FindDecidersResult, RecordTransitionInput } from '../../contracts/activities.ts';
import { askerOf, canReachQuorum, openRound, type Approval } from '../../contracts/approval.ts';
import { applyTransition, isRoundOpen, type AccountState, type EventType } from '../../contracts/lifecycle.ts';
import type { Notice } from '../../contracts/notices.ts';
import { chosenBy } from '../../contracts/template-choices.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { SubmitMessage } from '../../contracts/workflows.ts';
import { platform, untilDone } from '../support/activities.ts';
import { refuseStale } from './intents.ts';
import { noticeOf } from './notices.ts';
import { accountOf, now, SYSTEM, type AccountRun } from './run.ts';

/** Something that happens to the account, by whom. */
export interface Happening {
  readonly type: EventType;
  readonly actor: string;
  readonly detail?: AccountEvent['detail'];
}

type Changes = Partial<Omit<Account, 'id' | 'state' | 'sequence'>>;

/** The account's first event: it comes into being as `submitted`. Resolves when the projection has it. */
export function recordSubmission(
  run: AccountRun,
  { request, actor }: SubmitMessage,
  snapshot: TemplateSnapshot,
): Promise<Account> {
  const at = now();
  const { template } = snapshot;
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
    ownerGroups: [...new Set(request.ownerGroups)],
    ownerMissingSince: null,
    justification: request.justification,
    description: request.description ?? null,
    ...chosenBy(request, template),
    templateId: snapshot.templateId,
    templateVersion: snapshot.version,
    approval: asStored(openRound('request', template.approval.steps, template.approval.hideApprovers, at)),
    endOfLife: template.lifecycle.endOfLife,
    submittedAt: at,
    startsAt: null,
    renewalOpensAt: null,
    endsAt: null,
    ended: false,
    renewal: null,
    retirement: null,
    objectGuid: null,
    objectSid: null,
    distinguishedName: null,
    secret: null,
  };
  const event = { accountId: run.accountId, sequence: 1, type: 'submitted' as const, at, actor, detail: {} };
  return project(run, [{ ...event, state: run.account.state }], [noticeOf('approval-needed', at)]);
}

/**
 * Applies the events of one decision to the account at once, through the transition table, and sends them to the
 * projection in one call, with the notices that they bring. Resolves with the account as it was after the last of them
 * when the projection has it; the caller may go on before, since the projection takes transitions in any order. A change
 * of state ends a block.
 */
export function record(
  run: AccountRun,
  happened: Happening | readonly Happening[],
  changes: Changes = {},
  notices: readonly Notice[] = [],
): Promise<Account> {
  const before = accountOf(run);
  const at = now();
  let { state, sequence } = before;
  const events = [happened].flat().map(({ type, actor, detail = {} }: Happening): AccountEvent => {
    state = applyTransition(state, type, returnOf(before, type));
    sequence += 1;
    return { accountId: run.accountId, sequence, type, at, actor, state, detail };
  });
  const blocked = state === before.state ? before.blocked : null;
  run.account = { ...before, blocked, ...changes, state, sequence };
  refuseStale(run);
  return project(run, events, notices);
}

/** Keeps something of the account that is no event: the projection has it with the next one. */
export function remember(run: AccountRun, changes: Changes): void {
  run.account = { ...accountOf(run), ...changes };
}

/** Asks for notices that no event brings. Nobody waits for them; a run ends only when the outbox has them. */
export function notify(run: AccountRun, notices: readonly Notice[]): void {
  const account = accountOf(run);
  run.sending += 1;
  void untilDone(() => platform.notify({ account, notices: sent(notices) })).then(() => (run.sending -= 1));
}

/** What the period's notices would have told before this moment is not made up for. */
export function skipMissedNotices(run: AccountRun): void {
  const at = now();
  run.noticedUntil = run.noticedUntil !== null && run.noticedUntil > at ? run.noticedUntil : at;
}

/** A round as the account stores it. */
export function asStored(approval: Approval): Account['approval'] {
  return approval as Account['approval'];
}

/**
 * Whether the open step and those after it can still be decided, by who is able to at that moment: says once that one cannot,
 * and once when all can again. `weighed` is the round that they were found for; one that has moved on is asked about again.
 */
export function weighQuorum(
  run: AccountRun,
  weighed: Approval,
  { ableToDecide: able, deadStep }: FindDecidersResult,
): void {
  const account = accountOf(run);
  const { approval } = account;
  if (!isRoundOpen(account) || !isSameStep(weighed, approval)) return;
  const dead = canReachQuorum(approval, askerOf(account), able) ? deadStep : approval.openStep;
  const isReachable = dead === undefined;
  if (isReachable === (approval.quorumLostAt === null)) return;
  const at = now();
  const isAhead = dead !== undefined && dead > approval.openStep;
  const detail = { step: dead ?? approval.openStep, ...(isAhead ? {} : { ableToDecide: able.length }) };
  const changed = { approval: { ...approval, quorumLostAt: isReachable ? null : at } };
  if (isReachable) void record(run, { type: 'quorum-regained', actor: SYSTEM, detail }, changed);
  else void record(run, { type: 'quorum-lost', actor: SYSTEM, detail }, changed, [noticeOf('quorum-lost', at)]);
}

function isSameStep(one: Approval, other: Approval): boolean {
  return (
    one.openedAt === other.openedAt &&
    one.openStep === other.openStep &&
    one.escalated === other.escalated &&
    one.steps === other.steps
  );
}

/** Where the account returns to, by what the event brings to its end. A renewal enables an account that had expired. */
function returnOf({ renewal, retirement }: Account, type: EventType): AccountState | null {
  if (type === 'restored') return retirement?.returnTo ?? null;
  if (type === 'renewed' && renewal?.returnTo === 'expired') return 'active';
  return renewal?.returnTo ?? null;
}

async function project(run: AccountRun, events: AccountEvent[], notices: readonly Notice[]): Promise<Account> {
  const account = accountOf(run);
  run.sending += 1;
  const transition: RecordTransitionInput = { account, events, notices: sent(notices) };
  const { ableToDecide, ...ahead } = await untilDone(() => platform.recordTransition(transition));
  if (ableToDecide !== null) weighQuorum(run, account.approval, { ableToDecide, ...ahead });
  run.sending -= 1;
  return account;
}

function sent(notices: readonly Notice[]) {
  return notices.map((notice) => ({ ...notice, audiences: [...notice.audiences], detail: { ...notice.detail } }));
}
