/**
 * An account that lives by the pure rules alone: the table of transitions, the fold over votes, the arithmetic of periods
 * and notices, as the workflow puts them together, without its server. What it asks of an engine is in `pure-work.ts`.
 */
import type { Account } from '../../contracts/account.ts';
import {
  askedFrom,
  askerOf,
  canReachQuorum,
  castVote,
  checkBallot,
  openRound,
  stepDeadline,
  type Ballot,
} from '../../contracts/approval.ts';
import type { Period } from '../../contracts/deadlines.ts';
import { applyTransition, isRoundOpen, type EventType } from '../../contracts/lifecycle.ts';
import type { Notice } from '../../contracts/notices.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { Asked } from '../../contracts/workflows.ts';
import { dueNotices, noticeFactsOf, noticeOf } from '../../workflows/account-lifecycle/notices.ts';
import { refusalOf } from '../../workflows/account-lifecycle/refusals.ts';
import { deadlinesOf, isDue, type Deadline } from '../../workflows/account-lifecycle/schedule.ts';
import type { Fault, Part } from './account-model.ts';

/** One call of an engine, by the part that may fail; `fresh` is one that is only made right after its admission. */
export type Call = readonly [Part, string, 'fresh'?];

export interface PureWork {
  readonly name: 'provision' | 'undo' | 'wish' | 'end' | 'agreed' | 'retire' | 'restore' | 'delete';
  /** Each is told whether the one before had to wait. */
  readonly steps: Iterator<Call, void, boolean>;
  hasWaited?: boolean;
  current?: Call;
  /** A fresh call that could not be made. */
  missed?: Call;
}

export interface Waiting {
  readonly operation: number;
  readonly asked: Asked;
  gaveWay: boolean;
}

export interface PureAccount {
  now: number;
  account: Account;
  snapshot: TemplateSnapshot;
  noticedUntil: string | null;
  waiting: Waiting | null;
  held: PureWork | null;
  /** Since when the present step is tried without the help of a person. */
  triedSince: number;
  /** Whether provisioning may have left an object. */
  isEstablishing: boolean;
  faults: ReadonlyMap<Part, Fault>;
  gone: ReadonlySet<string>;
  readonly answers: Map<number, string>;
  readonly calls: string[];
  /** By kind and due time: the outbox has each once. */
  readonly outbox: Map<string, Notice>;
}

type Changes = Partial<Account>;

export const at = ({ now }: Pick<PureAccount, 'now'>): string => new Date(now).toISOString();

export function submitted(account: Account, snapshot: TemplateSnapshot, now: number): PureAccount {
  const pure: PureAccount = {
    now,
    account,
    snapshot,
    noticedUntil: null,
    waiting: null,
    held: null,
    triedSince: now,
    isEstablishing: false,
    faults: new Map(),
    gone: new Set(),
    answers: new Map(),
    calls: [],
    outbox: new Map(),
  };
  put(pure, [noticeOf('approval-needed', at(pure))]);
  return pure;
}

/** The round that the account's own template opens. */
export function roundOf(
  { template }: TemplateSnapshot,
  purpose: 'request' | 'renewal',
  openedAt: string,
): Account['approval'] {
  const { steps, hideApprovers } = template.approval;
  return openRound(purpose, steps, hideApprovers, openedAt) as Account['approval'];
}

export function put({ outbox }: PureAccount, notices: readonly Notice[]): void {
  for (const notice of notices) outbox.set(`${notice.kind} ${notice.dueAt}`, notice);
}

/** One or more events, through the table of transitions. What waits is refused when it is allowed no longer. */
export function happen(
  pure: PureAccount,
  events: EventType | EventType[],
  changes: Changes = {},
  notices: Notice[] = [],
): void {
  const before = pure.account;
  const { renewal, retirement } = before;
  let { state, sequence } = before;
  for (const event of [events].flat()) {
    const expired = event === 'renewed' && renewal?.returnTo === 'expired';
    const returnTo = event === 'restored' ? retirement!.returnTo : expired ? 'active' : (renewal?.returnTo ?? null);
    state = applyTransition(state, event, returnTo);
    sequence += 1;
  }
  const blocked = state === before.state ? before.blocked : null;
  pure.account = { ...before, blocked, ...changes, state, sequence };
  put(pure, notices);
  recheck(pure);
}

/** Refuses what gave way and is allowed no longer. */
export function recheck(pure: PureAccount): void {
  const { waiting } = pure;
  const code = waiting?.gaveWay ? refusalCode(pure, waiting.asked) : undefined;
  if (waiting && code !== undefined) reply(pure, waiting.operation, code);
}

export function refusalCode({ account, snapshot, now }: PureAccount, asked: Asked): string | undefined {
  return refusalOf({ account, snapshot }, asked, new Date(now))?.code;
}

export function reply(pure: PureAccount, operation: number, code: string): void {
  pure.answers.set(operation, code);
  if (pure.waiting?.operation === operation) pure.waiting = null;
}

export const instants = ({ startsAt, renewalOpensAt, endsAt }: Period) => ({
  startsAt: startsAt.toISOString(),
  renewalOpensAt: renewalOpensAt.toISOString(),
  endsAt: endsAt.toISOString(),
});

export function deadlinesAhead(pure: PureAccount): number[] {
  return deadlinesOf(pure).map((deadline) => deadline.at);
}

export function hasMet(pure: PureAccount, kind: Deadline['kind']): boolean {
  return isDue(pure, kind, pure.now);
}

/** What needs no engine: notices and the deadlines of steps, and whether the open step can be decided. */
export function attend(pure: PureAccount): void {
  while (hasMet(pure, 'notice')) {
    const due = dueNotices(noticeFactsOf(pure.account, pure.snapshot)!, pure.noticedUntil, pure.now);
    put(pure, due);
    pure.noticedUntil = due.at(-1)!.dueAt;
  }
  while (hasMet(pure, 'step')) meetStep(pure);
  weigh(pure);
}

function meetStep(pure: PureAccount): void {
  const { approval, state } = pure.account;
  const dueAt = stepDeadline(approval)!;
  if (approval.steps[approval.openStep]!.escalation !== null && !approval.escalated) {
    const notice = noticeOf('approval-escalated', dueAt);
    return happen(pure, 'escalated', { approval: { ...approval, escalated: true } }, [notice]);
  }
  if (state === 'renewing') return denyRenewal(pure);
  happen(pure, 'lapsed', {}, [noticeOf('request-lapsed', dueAt)]);
}

export function denyRenewal(pure: PureAccount, events: EventType[] = []): void {
  happen(pure, [...events, 'renewal-denied'], { renewal: null }, [noticeOf('renewal-denied', at(pure))]);
}

function weigh(pure: PureAccount): void {
  const { account, gone } = pure;
  const { approval } = account;
  if (!isRoundOpen(account)) return;
  const asker = askerOf(account);
  const [open, ...later] = askedFrom(approval).map(({ users, quorum }) => {
    return { able: users.filter((user) => !gone.has(user) && user !== asker), quorum };
  });
  const isDead = later.some(({ able, quorum }) => able.length < quorum);
  const isReachable = canReachQuorum(approval, asker, open!.able) && !isDead;
  if (isReachable === (approval.quorumLostAt === null)) return;
  const changed = { approval: { ...approval, quorumLostAt: isReachable ? null : at(pure) } };
  if (isReachable) happen(pure, 'quorum-regained', changed);
  else happen(pure, 'quorum-lost', changed, [noticeOf('quorum-lost', at(pure))]);
}

export function vote(pure: PureAccount, ballot: Ballot): void {
  const { account } = pure;
  const check = checkBallot(account.approval, askerOf(account), ballot);
  if (check.outcome === 'refused') throw new Error('a ballot that was refused came to the count');
  const { approval, tally } = castVote(account.approval, ballot, check.seat, at(pure));
  const opened = approval.openStep !== account.approval.openStep;
  pure.account = { ...account, approval: approval as Account['approval'] };
  if (tally.outcome === 'pending') {
    return happen(pure, 'voted', {}, opened ? [noticeOf('approval-needed', approval.openedAt)] : []);
  }
  if (account.state === 'renewing')
    return tally.outcome === 'approved' ? happen(pure, 'voted') : denyRenewal(pure, ['voted']);
  if (tally.outcome === 'approved')
    return happen(pure, ['voted', 'approved'], {}, [noticeOf('request-approved', at(pure))]);
  happen(pure, ['voted', 'rejected'], {}, [noticeOf('request-rejected', at(pure))]);
}
