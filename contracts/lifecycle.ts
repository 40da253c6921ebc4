/**
 * The life of an account as data: states, events, and which event leads from where to where.
 * Free of zod: workflows load this file.
 */

export const ACCOUNT_STATES = [
  'submitted',
  'rejected',
  'withdrawn',
  'approved',
  'withdrawing',
  'active',
  'disabled',
  'expired',
  'retiring',
  'retired',
] as const;

/** The same strings in TypeScript, JSON, Postgres and on pages. */
export type AccountState = (typeof ACCOUNT_STATES)[number];

export const EVENT_TYPES = [
  'submitted',
  'voted',
  'approved',
  'rejected',
  'withdrawal-requested',
  'withdrawn',
  'provisioned',
  'reminded',
  'renewed',
  'disabled',
  'enabled',
  'expired',
  'retirement-requested',
  'retired',
  'blocked',
  'unblocked',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** States in which nothing happens any more; the workflow ends in each of them. */
export const FINAL_STATES: readonly AccountState[] = ['rejected', 'withdrawn', 'retired'];

interface Transition {
  /** The states in which the event may happen; `new` is before the first event. */
  readonly from: readonly (AccountState | 'new')[];
  /** Where it leads; `same` keeps the state. */
  readonly to: AccountState | 'same';
}

const LIVE_STATES = ['approved', 'withdrawing', 'active', 'disabled', 'expired', 'retiring'] as const;

/** Event × source states → destination. Drives validators, the API's list of allowed actions, and `docs/lifecycle.md`. */
export const TRANSITIONS: Readonly<Record<EventType, Transition>> = {
  submitted: { from: ['new'], to: 'submitted' },
  voted: { from: ['submitted'], to: 'same' },
  approved: { from: ['submitted'], to: 'approved' },
  rejected: { from: ['submitted'], to: 'rejected' },
  'withdrawal-requested': { from: ['approved'], to: 'withdrawing' },
  withdrawn: { from: ['submitted', 'withdrawing'], to: 'withdrawn' },
  provisioned: { from: ['approved'], to: 'active' },
  reminded: { from: ['active', 'disabled'], to: 'same' },
  renewed: { from: ['active', 'expired'], to: 'active' },
  disabled: { from: ['active'], to: 'disabled' },
  enabled: { from: ['disabled'], to: 'active' },
  expired: { from: ['active', 'disabled'], to: 'expired' },
  'retirement-requested': { from: ['active', 'disabled', 'expired'], to: 'retiring' },
  retired: { from: ['retiring'], to: 'retired' },
  blocked: { from: LIVE_STATES, to: 'same' },
  unblocked: { from: LIVE_STATES, to: 'same' },
};

/** Where `event` leads from `state`. Throws a plain Error (a bug, not a refusal) when the table does not allow it. */
export function applyTransition(state: AccountState | 'new', event: EventType): AccountState {
  const transition = TRANSITIONS[event];
  if (!transition.from.includes(state)) throw new Error(`event ${event} cannot happen in state ${state}`);
  if (transition.to !== 'same') return transition.to;
  if (state === 'new') throw new Error(`event ${event} cannot be the first`);
  return state;
}

/** Whether the table allows `event` in `state`. */
export function isAllowed(state: AccountState | 'new', event: EventType): boolean {
  return TRANSITIONS[event].from.includes(state);
}

/** What people may ask of an account; each is an update of the workflow and a route of the API. */
export const ACTIONS = ['decide', 'withdraw', 'renew', 'disable', 'enable', 'retire', 'resume'] as const;
export type AccountAction = (typeof ACTIONS)[number];

/** The event each action leads to (for `decide` and `withdraw`, the first of several). `resume` only wakes a wait. */
const FIRST_EVENTS: Readonly<Record<Exclude<AccountAction, 'resume'>, readonly EventType[]>> = {
  decide: ['voted'],
  withdraw: ['withdrawn', 'withdrawal-requested'],
  renew: ['renewed'],
  disable: ['disabled'],
  enable: ['enabled'],
  retire: ['retirement-requested'],
};

/** What the rules below need to know of an account: any snapshot or row has it. */
export interface LifecycleFacts {
  readonly state: AccountState;
  /** Set while a directory or vault step cannot go on. */
  readonly blocked: object | null;
  /** The instant from which `renew` is allowed, ISO 8601 UTC; null before provisioning. */
  readonly renewalOpensAt: string | null;
}

/**
 * The actions that the account's state allows at `now`, whoever asks. Who may ask is `permissions.ts`.
 * A `withdrawing` account has its withdrawal on record, so `withdraw` from there is not offered again.
 */
export function allowedActions(account: LifecycleFacts, now: Date): AccountAction[] {
  return ACTIONS.filter((action) => {
    if (action === 'resume') return account.blocked !== null;
    const stateAllows =
      account.state !== 'withdrawing' && FIRST_EVENTS[action].some((event) => isAllowed(account.state, event));
    return stateAllows && (action !== 'renew' || isRenewalOpen(account, now));
  });
}

/** Whether `renew` is inside its window: from `renewalOpensAt` on, and after the end date too. */
export function isRenewalOpen(account: Pick<LifecycleFacts, 'renewalOpensAt'>, now: Date): boolean {
  return account.renewalOpensAt !== null && now.getTime() >= Date.parse(account.renewalOpensAt);
}
