/** What is compared with the model, and how it is driven: the pure rules and the workflow look alike from here. */
import type { Account } from '../../contracts/account.ts';
import { allowedActions } from '../../contracts/lifecycle.ts';
import {
  isOver,
  isRoundOpen,
  offered,
  type Fault,
  type Migration,
  type Model,
  type ModelNotice,
  type Part,
} from './account-model.ts';

/** What a person asks. */
export type Wish =
  | {
      readonly action: 'decide';
      readonly actor: string;
      readonly standsFor: readonly string[];
      readonly denies: boolean;
    }
  | {
      readonly action: 'replace-approvers';
      readonly step: number;
      readonly users: readonly string[];
      readonly quorum: number;
    }
  | { readonly action: 'change-owners'; readonly owners: readonly string[] }
  | ({ readonly action: 'migrate' } & Migration)
  | { readonly action: PlainWish; readonly actor: string };

export type PlainWish =
  'withdraw' | 'renew' | 'request-renewal' | 'disable' | 'enable' | 'retire' | 'restore' | 'resume';

export interface Subject {
  /** How near a deadline "just before" and "just after" are, in milliseconds. */
  readonly nearMs: number;
  /** How late its own instants may be, in milliseconds: deadlines that are counted from them are met so much later. */
  readonly lagMs: number;
  /** How much later every command is, in milliseconds. */
  readonly tickMs: number;
  submit(): Promise<void>;
  /** Begins what is asked; it need not be answered when this resolves. */
  ask(operation: number, wish: Wish): Promise<void>;
  /** `to` is in milliseconds since the epoch. */
  advance(to: number): Promise<void>;
  setFaults(faults: ReadonlyMap<Part, Fault>): Promise<void>;
  /** Who of the approvers has left. */
  setGone(gone: ReadonlySet<string>): Promise<void>;
  /** Rejects unless it comes to be as the model says. */
  agrees(expected: View): Promise<void>;
}

/** All that is compared. */
export interface View {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly answers: readonly string[];
  readonly calls: readonly string[];
  readonly notices: readonly ModelNotice[];
  /** An instant that is not exact; null: there is none. */
  readonly undoUntil: number | null;
}

const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

export function viewOfModel(model: Model): View {
  const { state, owners, period, ended, renewal, retirement, blocked, round } = model;
  const open = isRoundOpen(model) ? round! : null;
  return {
    facts: {
      state,
      owners,
      starts: iso(period?.starts),
      opens: iso(period?.opens),
      ends: iso(period?.ends),
      ended,
      ...conditionOf({ renewal, retirement, blocked }),
      offered: offered(model),
      round: open && { step: open.open, votes: open.votes.length, escalated: open.escalated, lost: open.lost },
      endOfLife: model.templates[model.template]!.endOfLife,
    },
    answers: answersOf(model.answers),
    calls: model.calls,
    notices: inOrder(model.notices),
    undoUntil: isOver(model) ? null : (retirement?.undoUntil ?? null),
  };
}

export function viewOfAccount(
  account: Account,
  now: Date,
  {
    answers,
    calls,
    notices,
  }: { answers: ReadonlyMap<number, string>; calls: readonly string[]; notices: readonly ModelNotice[] },
): View {
  const { state, approval, retirement } = account;
  const isOpen = (state === 'submitted' || state === 'renewing') && approval.openStep < approval.steps.length;
  const { openStep: step, escalated, quorumLostAt, votes } = approval;
  const undoUntil = retirement?.undoUntil ?? null;
  return {
    facts: {
      state,
      owners: account.owners,
      starts: account.startsAt,
      opens: account.renewalOpensAt,
      ends: account.endsAt,
      ended: account.ended,
      ...conditionOf(account),
      offered: allowedActions(account, now).sort(),
      round: isOpen ? { step, votes: votes.length, escalated, lost: quorumLostAt !== null } : null,
      endOfLife: account.endOfLife,
    },
    answers: answersOf(answers),
    calls,
    notices: inOrder(notices),
    undoUntil: state === 'retired' || undoUntil === null ? null : Date.parse(undoUntil),
  };
}

interface Condition {
  readonly renewal: { readonly returnTo: string } | null;
  readonly retirement: { readonly final: boolean } | null;
  readonly blocked: { readonly step: string; readonly retrying: boolean } | null;
}

function conditionOf({ renewal, retirement, blocked }: Condition) {
  return {
    returnTo: renewal?.returnTo ?? null,
    final: retirement?.final ?? null,
    blocked: blocked && { step: blocked.step, retrying: blocked.retrying },
  };
}

function answersOf(answers: ReadonlyMap<number, string>): string[] {
  return [...answers].sort(([one], [other]) => one - other).map(([operation, code]) => `${operation} ${code}`);
}

function inOrder(notices: readonly ModelNotice[]): ModelNotice[] {
  return [...notices].sort((a, b) => a.kind.localeCompare(b.kind) || a.at - b.at);
}

/** Without a repetition right after the first: a step that is tried again is one step. */
export function collapsed(names: readonly string[]): string[] {
  return names.filter((name, index) => name !== names[index - 1]);
}

/** Instants of the period are exact; those at which something was done may be so many milliseconds apart. */
export function differ(expected: View, actual: View, apartMs: number): boolean {
  return JSON.stringify(aligned(actual, expected, apartMs)) !== JSON.stringify(expected);
}

/** What is seen, with the expected instants where they are near enough. */
export function aligned(actual: View, expected: View, apartMs: number): View {
  const near = (one: number, other: number): number => (Math.abs(one - other) <= apartMs ? other : one);
  const notices = actual.notices.map((notice, index) => {
    const other = expected.notices[index];
    return other?.kind === notice.kind && !isOfPeriod(other) ? { ...notice, at: near(notice.at, other.at) } : notice;
  });
  const hasBoth = actual.undoUntil !== null && expected.undoUntil !== null;
  return { ...actual, notices, undoUntil: hasBoth ? near(actual.undoUntil, expected.undoUntil) : actual.undoUntil };
}

/** Notices of a period are due at a full hour; what is due at another instant was caused by somebody. */
function isOfPeriod({ kind, at }: ModelNotice): boolean {
  return /^(?:renewal-(?:opened|reminder|urgent|overdue)|ended)$/.test(kind) && at % 3_600_000 === 0;
}
