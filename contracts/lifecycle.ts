/**
 * The life of an account as data: states, events, and which event leads from where to where.
 * Free of zod: workflows load this file.
 */

export const ACCOUNT_STATES = [
  'submitted',
  'rejected',
  'withdrawn',
  'lapsed',
  'approved',
  'withdrawing',
  'active',
  'disabled',
  'expired',
  'renewing',
  'retiring',
  'quarantined',
  'retired',
] as const;

/** The same strings in TypeScript, JSON, Postgres and on pages. */
export type AccountState = (typeof ACCOUNT_STATES)[number];

/** What happens at the end date. */
export const END_OF_LIFE_ACTIONS = ['review', 'disable', 'expire', 'delete'] as const;
export type EndOfLifeAction = (typeof END_OF_LIFE_ACTIONS)[number];

export const EVENT_TYPES = [
  'submitted',
  'voted',
  'escalated',
  'approvers-replaced',
  'quorum-lost',
  'quorum-regained',
  'approved',
  'rejected',
  'lapsed',
  'withdrawal-requested',
  'withdrawn',
  'provisioned',
  'renewal-requested',
  'renewal-denied',
  'renewed',
  'review-due',
  'disabled',
  'enabled',
  'expired',
  'owners-changed',
  'owner-left',
  'owner-returned',
  'edited',
  'migrated',
  'retirement-requested',
  'quarantined',
  'restored',
  'retired',
  'blocked',
  'unblocked',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** States in which nothing happens any more; the workflow ends in each of them. */
export const FINAL_STATES: readonly AccountState[] = ['rejected', 'withdrawn', 'lapsed', 'retired'];

/** States of an account that exists in the directory and is in use, or may be again. */
export const LIVING_STATES: readonly AccountState[] = ['active', 'disabled', 'expired', 'renewing'];

/** `returned`: the state that the account had before it was renewed or retired; `new` is before the first event. */
type Destination = AccountState | 'returned';
type Sources = Readonly<Partial<Record<AccountState | 'new', Destination>>>;

const staying = (...states: readonly AccountState[]): Sources =>
  Object.fromEntries(states.map((state) => [state, state]));

const BLOCKABLE = staying(
  'approved',
  'withdrawing',
  'active',
  'disabled',
  'expired',
  'renewing',
  'retiring',
  'quarantined',
);

/** Event × source state → destination. Drives validators, the API's list of allowed actions, and `docs/lifecycle.md`. */
export const TRANSITIONS: Readonly<Record<EventType, Sources>> = {
  submitted: { new: 'submitted' },
  voted: staying('submitted', 'renewing'),
  escalated: staying('submitted', 'renewing'),
  'approvers-replaced': staying('submitted', 'renewing'),
  'quorum-lost': staying('submitted', 'renewing'),
  'quorum-regained': staying('submitted', 'renewing'),
  approved: { submitted: 'approved' },
  rejected: { submitted: 'rejected' },
  lapsed: { submitted: 'lapsed' },
  'withdrawal-requested': { approved: 'withdrawing' },
  withdrawn: { submitted: 'withdrawn', withdrawing: 'withdrawn' },
  provisioned: { approved: 'active' },
  'renewal-requested': { active: 'renewing', disabled: 'renewing', expired: 'renewing' },
  'renewal-denied': { renewing: 'returned' },
  renewed: { active: 'active', disabled: 'disabled', expired: 'active', renewing: 'returned' },
  'review-due': staying('active', 'disabled'),
  disabled: { active: 'disabled' },
  enabled: { disabled: 'active', expired: 'active' },
  // An account that is being renewed goes on being renewed; it returns to `expired` if that is denied.
  expired: { active: 'expired', disabled: 'expired', renewing: 'renewing' },
  'owners-changed': staying(...LIVING_STATES),
  'owner-left': staying(...LIVING_STATES),
  'owner-returned': staying(...LIVING_STATES),
  edited: staying(...LIVING_STATES),
  migrated: staying('active'),
  'retirement-requested': { active: 'retiring', disabled: 'retiring', expired: 'retiring', renewing: 'retiring' },
  quarantined: { retiring: 'quarantined' },
  // While it is retiring, only before anything was done.
  restored: { retiring: 'returned', quarantined: 'returned' },
  retired: { retiring: 'retired', quarantined: 'retired' },
  blocked: BLOCKABLE,
  unblocked: BLOCKABLE,
};

/**
 * Where `event` leads from `state`. `returnTo` is where an account returns to that was being renewed or retired.
 * Throws a plain Error (a bug, not a refusal) when the table does not allow it.
 */
export function applyTransition(
  state: AccountState | 'new',
  event: EventType,
  returnTo: AccountState | null = null,
): AccountState {
  const destination = TRANSITIONS[event][state];
  if (destination === undefined) throw new Error(`event ${event} cannot happen in state ${state}`);
  if (destination !== 'returned') return destination;
  if (returnTo === null) throw new Error(`event ${event} has no state to return to`);
  return returnTo;
}

/** Whether the table allows `event` in `state`. */
export function isAllowed(state: AccountState | 'new', event: EventType): boolean {
  return TRANSITIONS[event][state] !== undefined;
}

/** What people may ask of an account; each is an update of the workflow and a route of the API. */
export const ACTIONS = [
  'decide',
  'withdraw',
  'replace-approvers',
  'renew',
  'request-renewal',
  'disable',
  'enable',
  'change-owners',
  'edit',
  'migrate',
  'retire',
  'restore',
  'resume',
] as const;
export type AccountAction = (typeof ACTIONS)[number];

/** What the rules below need to know of an account: any snapshot or row has it. */
export interface LifecycleFacts {
  readonly state: AccountState;
  /** Set while a step cannot go on. */
  readonly blocked: { readonly step: string } | null;
  readonly endOfLife: EndOfLifeAction;
  /** The present round of approval, or the last one. */
  readonly approval: { readonly openStep: number; readonly steps: readonly unknown[] };
  /** The instant from which `renew` is allowed, ISO 8601 UTC; null before provisioning. */
  readonly renewalOpensAt: string | null;
  /** The end of the present period, ISO 8601 UTC; null before provisioning. */
  readonly endsAt: string | null;
  /** Whether the end of the present period has been met: what the template says for it is done. */
  readonly ended: boolean;
  /** Set from the moment a retirement is asked for; `captured` is what an undo puts back, read before anything is changed. */
  readonly retirement: { readonly final: boolean; readonly captured: object | null } | null;
}

/**
 * The actions that the account takes at `now`, whoever asks: what is not here is refused, and what is here is refused only
 * for what its message says. Who may ask is `permissions.ts`.
 */
export function allowedActions(account: LifecycleFacts, now: Date): AccountAction[] {
  return ACTIONS.filter((action) => RULES[action](account, now));
}

type Rule = (account: LifecycleFacts, now: Date) => boolean;

/** One rule per action: the end-of-life table of `docs/lifecycle.md`, row by row. */
const RULES: Readonly<Record<AccountAction, Rule>> = {
  decide: isRoundOpen,
  // A `withdrawing` account has its withdrawal on record, so it is not offered again; a renewal that was agreed is on its
  // way to the directory.
  withdraw: (account) => account.state === 'approved' || isRoundOpen(account),
  'replace-approvers': isRoundOpen,
  renew: (account, now) => mayRenew(account) && isRenewalOpen(account, now),
  'request-renewal': ({ state, endOfLife }) => endOfLife === 'expire' && isAllowed(state, 'renewal-requested'),
  disable: ({ state }) => state === 'active',
  enable: ({ state, endOfLife }) => state === 'disabled' || (state === 'expired' && endOfLife === 'disable'),
  'change-owners': ({ state }) => isAllowed(state, 'owners-changed'),
  edit: ({ state }) => isAllowed(state, 'edited'),
  migrate: (account, now) => account.state === 'active' && !account.ended && isBeforeEnd(account, now),
  retire: ({ state }) => isAllowed(state, 'retirement-requested'),
  restore: (account) =>
    (account.state === 'quarantined' && account.retirement?.final === false) || mayTakeBack(account),
  resume: ({ blocked }) => blocked !== null,
};

/** What a retirement waits for before it does anything: its admission, and the reading of the object. */
const HARMLESS_STEPS: readonly string[] = ['admit-destructive-step', 'capture-account'];

/** Whether the retirement is held up, and nothing has been done yet that would have to be undone. */
export function mayTakeBack({
  state,
  blocked,
  retirement,
}: Pick<LifecycleFacts, 'state' | 'blocked' | 'retirement'>): boolean {
  if (state !== 'retiring' || retirement === null || retirement.final) return false;
  return retirement.captured === null && blocked !== null && HARMLESS_STEPS.includes(blocked.step);
}

/** Whether the present round of approval waits for decisions. */
export function isRoundOpen({ state, approval }: Pick<LifecycleFacts, 'state' | 'approval'>): boolean {
  return isAllowed(state, 'voted') && approval.openStep < approval.steps.length;
}

/** Also false while the end is due and held up: it comes before whatever would move it. */
function isBeforeEnd({ endsAt }: LifecycleFacts, now: Date): boolean {
  return endsAt !== null && now.getTime() < Date.parse(endsAt);
}

/** Whether the account may be renewed without asking anybody, apart from the window. `expire` asks; `delete` ends. */
export function mayRenew({ state, endOfLife }: Pick<LifecycleFacts, 'state' | 'endOfLife'>): boolean {
  return (
    (endOfLife === 'review' || endOfLife === 'disable') &&
    (state === 'active' || state === 'disabled' || state === 'expired')
  );
}

/** Whether `renew` is inside its window: from `renewalOpensAt` on, and after the end date too. */
export function isRenewalOpen(account: Pick<LifecycleFacts, 'renewalOpensAt'>, now: Date): boolean {
  return account.renewalOpensAt !== null && now.getTime() >= Date.parse(account.renewalOpensAt);
}
