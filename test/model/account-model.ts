/**
 * A small model of an account, written from the tables of docs/lifecycle.md and without the code under test: its state,
 * what it is told to do, and what is told of it. Time and the engine's work are in `model-work.ts` and `model-time.ts`, approval in
 * `model-round.ts`.
 */
import { foretell, midnightOf, moved, momentsOf, type Foretold } from '../support/notice-oracle.ts';
import type { ModelStep, ModelTerms } from './terms.ts';

/** What can be out of order: `denied` waits for a person, `away` goes on by itself. */
export type Part = 'directory' | 'vault' | 'admission';
export type Fault = 'denied' | 'away';

/** One call of an engine, by the part that may fail. */
export interface EngineCall {
  readonly part: Part;
  readonly name: string;
  /** Of something destructive: it may not wait for its part. A question does, and then it is admitted again. */
  readonly isDestructive?: boolean;
  /** The call for whose sake it is made: what is blocked. */
  readonly forTheSakeOf?: string;
  /** Whether it had to be made again. */
  wasHeld?: boolean;
}

export interface Work {
  readonly kind: 'provision' | 'undo' | 'action' | 'end' | 'carry-out' | 'retire' | 'restore' | 'deletion';
  readonly steps: Iterator<EngineCall>;
  /** What must be called before the next step. */
  ahead?: EngineCall[];
  /** The step that could not be done; undefined before the first. */
  current?: EngineCall;
}

export interface ModelRound {
  readonly isRenewal: boolean;
  /** Who asked: decides on nothing here. */
  readonly asker: string;
  steps: ModelStep[];
  /** The index of the open step. */
  open: number;
  openedAt: number;
  escalated: boolean;
  lost: boolean;
  votes: { step: number; who: string; seat: string }[];
  lastVoteAt: number;
}

export interface ModelNotice {
  readonly kind: string;
  readonly at: number;
  readonly audiences: readonly string[];
}

/** What somebody asked and is not answered yet. */
export interface Pending {
  readonly operation: number;
  readonly action: string;
  readonly migration?: Migration;
  /** Whether it was begun and gave way to the end of the period. */
  gaveWay: boolean;
}

export interface Migration {
  /** Which of the templates. */
  readonly template: number;
  /** Milliseconds since the epoch; null: the end stays. */
  readonly endsAt: number | null;
  readonly owners: readonly string[] | null;
}

interface ModelPeriod {
  readonly starts: number;
  readonly opens: number;
  readonly ends: number;
  /** Its notices, once they were asked for. */
  foretold?: Foretold[];
}

export interface Model {
  readonly templates: readonly ModelTerms[];
  /** How long time may pass at once while something is tried again and again. */
  readonly longestRetryMs: number;
  template: number;
  now: number;
  state: string;
  owners: readonly string[];
  period: ModelPeriod | null;
  ended: boolean;
  round: ModelRound | null;
  renewal: { returnTo: string } | null;
  retirement: {
    returnTo: string;
    since: number;
    final: boolean;
    isCaptured: boolean;
    undoUntil: number | null;
  } | null;
  /** Notices of the period up to here were told. */
  toldUntil: number;
  /** Approvers who left the company. */
  gone: Set<string>;
  faults: Map<Part, Fault>;
  pending: Pending | null;
  /** Work that cannot go on. */
  held: Work | null;
  /** Since when the present step is tried without the help of a person. */
  triedSince: number;
  blocked: { key: string; step: string; retrying: boolean } | null;
  operations: number;
  answers: Map<number, string>;
  /** What the engine was asked, without repetitions one after the other. */
  calls: string[];
  notices: ModelNotice[];
}

export function newModel(templates: readonly ModelTerms[], now: number, longestRetryMs: number): Model {
  return {
    templates,
    longestRetryMs,
    template: 0,
    now,
    state: 'new',
    owners: ['rita', 'olga'],
    period: null,
    ended: false,
    round: null,
    renewal: null,
    retirement: null,
    toldUntil: -Infinity,
    gone: new Set(),
    faults: new Map(),
    pending: null,
    held: null,
    triedSince: now,
    blocked: null,
    operations: 0,
    answers: new Map(),
    calls: [],
    notices: [],
  };
}

export const termsOf = ({ templates, template }: Model): ModelTerms => templates[template]!;
export const isOver = ({ state }: Model): boolean => ['rejected', 'withdrawn', 'lapsed', 'retired'].includes(state);
export const isLiving = ({ state }: Model): boolean => ['active', 'disabled', 'expired', 'renewing'].includes(state);
export const isEndDue = (model: Model): boolean =>
  isLiving(model) && !model.ended && model.period !== null && model.now >= model.period.ends;

/** "What each state allows", row by row. */
const ALLOWED: Readonly<Record<string, string>> = {
  new: '',
  submitted: 'decide withdraw replace-approvers',
  rejected: '',
  withdrawn: '',
  lapsed: '',
  approved: 'withdraw resume',
  withdrawing: 'resume',
  active: 'renew request-renewal disable change-owners edit migrate retire resume',
  disabled: 'renew request-renewal enable change-owners edit retire resume',
  expired: 'renew request-renewal enable change-owners edit retire resume',
  renewing: 'decide withdraw replace-approvers change-owners edit retire resume',
  retiring: 'restore resume',
  quarantined: 'restore resume',
  retired: '',
};

/** Whether somebody's decision is waited for. */
export function isRoundOpen({ state, round }: Model): boolean {
  return round !== null && ['submitted', 'renewing'].includes(state) && round.open < round.steps.length;
}

const isRenewable = (model: Model): boolean => ['review', 'disable'].includes(termsOf(model).endOfLife);
const isOpen = ({ now, period }: Model): boolean => period !== null && now >= period.opens;

/** Put aside, or not begun yet. */
function isUndoable({ state, retirement, blocked }: Model): boolean {
  if (retirement === null || retirement.final) return false;
  const isHeldUp = ['admit-destructive-step', 'capture-account'].includes(blocked?.step ?? '');
  return state === 'quarantined' || (isHeldUp && !retirement.isCaptured);
}

/** What the account offers now, in alphabetical order. */
export function offered(model: Model): string[] {
  const { endOfLife } = termsOf(model);
  const conditions: Readonly<Record<string, boolean>> = {
    decide: isRoundOpen(model),
    withdraw: model.state === 'approved' || isRoundOpen(model),
    'replace-approvers': isRoundOpen(model),
    renew: isRenewable(model) && isOpen(model),
    'request-renewal': endOfLife === 'expire',
    enable: model.state === 'disabled' || endOfLife === 'disable',
    migrate: !model.ended && !isEndDue(model),
    restore: isUndoable(model),
    resume: model.blocked !== null,
  };
  const actions = ALLOWED[model.state]!.split(' ').filter((action) => action !== '');
  return actions.filter((action) => conditions[action] ?? true).sort();
}

/** The code with which the account, as it is, refuses an action; undefined when it takes it. */
export function refusal(model: Model, action: string): string | undefined {
  if (offered(model).includes(action)) return undefined;
  const isInTable = ALLOWED[model.state]!.split(' ').includes(action);
  if (action === 'renew' && isInTable && isRenewable(model)) return 'RenewalNotOpen';
  if (action === 'restore' && model.retirement?.final) return 'RetirementFinal';
  return 'StateConflict';
}

export function tell(model: Model, kind: string, audiences: readonly string[], at = model.now): void {
  model.notices.push({ kind, at, audiences });
}

/** The notices of the period that became due since the last ones. */
export function tellPeriod(model: Model): void {
  for (const { kind, at, audiences } of foretoldOf(model)) {
    if (at <= model.toldUntil || at > model.now) continue;
    tell(model, kind, audiences, at);
    model.toldUntil = at;
  }
}

/** All notices of the present period, due or not. */
export function foretoldOf(model: Model): readonly Foretold[] {
  const { period } = model;
  if (period === null || !isLiving(model)) return [];
  period.foretold ??= foretellPeriod(model, period);
  return period.foretold;
}

function foretellPeriod(model: Model, { starts, opens, ends }: ModelPeriod): Foretold[] {
  const { endOfLife, renewalWindow, notices: terms } = termsOf(model);
  const facts = { endOfLife, renewalWindow, terms };
  return foretell(facts, { ...momentsOf(facts, new Date(starts), new Date(ends)), opens });
}

/** The period that begins on the day of an instant. */
export function beginPeriod(model: Model, instant: number): void {
  setPeriod(model, midnightOf(instant), endOfPeriod(model, instant));
}

export function endOfPeriod(model: Model, instant: number): number {
  return +moved(new Date(midnightOf(instant)), termsOf(model).interval, 1);
}

export function setPeriod(model: Model, starts: number, ends: number): void {
  const window = +moved(new Date(ends), termsOf(model).renewalWindow, -1);
  model.period = { starts, ends, opens: Math.max(starts, window) };
}

export function answer(model: Model, operation: number, code: string): void {
  model.answers.set(operation, code);
  if (model.pending?.operation === operation) model.pending = null;
}

/** After a change of state: what waits is refused when the account takes it no longer. */
export function recheckPending(model: Model): void {
  const { pending } = model;
  if (!pending?.gaveWay) return;
  const code = refusal(model, pending.action);
  if (code !== undefined) answer(model, pending.operation, code);
}
