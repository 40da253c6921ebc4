/**
 * Why an account is still alive: one sentence and its reasons, read from what its workflow knows. Pure, and free of zod.
 */
import type { Account } from './account.ts';
import { askedOn, askerOf, stepDeadline, tally } from './approval.ts';
import { lastDayOf } from './deadlines.ts';
import {
  allowedActions,
  LIVING_STATES,
  isRoundOpen,
  mayTakeBack,
  type AccountAction,
  type AccountState,
} from './lifecycle.ts';

export const REASON_KINDS = ['keeps-alive', 'deadline', 'must-act', 'waiting', 'would-end'] as const;
export type ReasonKind = (typeof REASON_KINDS)[number];

export interface Reason {
  readonly kind: ReasonKind;
  readonly text: string;
  /** ISO 8601 UTC: since when or until when. */
  readonly at?: string;
  /** Users and groups by name; `administrators` are those of the product. */
  readonly who?: string[];
}

export interface Explanation {
  readonly sentence: string;
  readonly reasons: Reason[];
}

const ADMINISTRATORS = ['administrators'];

/**
 * Why `account` is alive (or not, or not yet) at `now`: what keeps it, its deadline, who must act, what waits and what
 * would end it. Names of approvers that are to be hidden are hidden in `account` already.
 */
export function explainLife(account: Account, now: Date): Explanation {
  const { sentence, reasons } = EXPLANATIONS[account.state](account, now);
  const { blocked } = account;
  const clauses = [
    sentence,
    ...(isOrphan(account) ? ['nobody answers for it'] : []),
    ...(blocked === null ? [] : [`it is held up (${blocked.code})`]),
  ];
  return {
    sentence: `${clauses.join('; ')}.`,
    reasons: [...blockedReasons(account), ...orphanReasons(account), ...reasons],
  };
}

/** Of an account that is put aside, owners can neither be changed nor looked for: it is on its way out. */
function isOrphan({ state, ownerMissingSince }: Account): boolean {
  return ownerMissingSince !== null && LIVING_STATES.includes(state);
}

function orphanReasons(account: Account): Reason[] {
  if (!isOrphan(account)) return [];
  const { owners, ownerGroups, ownerMissingSince } = account;
  const text = `None of its owners (${[...owners, ...ownerGroups].join(', ')}) is active: an administrator must name others.`;
  return [{ ...mustAct(text, ADMINISTRATORS), ...since(ownerMissingSince) }];
}

type Explain = (account: Account, now: Date) => Explanation;

const EXPLANATIONS: Readonly<Record<AccountState, Explain>> = {
  submitted: (account) => ({
    sentence: `${account.samAccountName} does not exist yet: its request waits for ${openStepOf(account)}`,
    reasons: [...roundReasons(account), wouldEnd('A denial, or its requester takes it back.', [account.requester])],
  }),
  rejected: (account) => gone(account, `never existed: its request was rejected${denialOf(account)}`),
  withdrawn: (account) => gone(account, 'does not exist: its request was taken back'),
  lapsed: (account) => gone(account, 'never existed: nobody decided on its request in time'),
  approved: (account) => ({
    sentence: `${account.samAccountName} does not exist yet: its request is approved and the account is being made`,
    reasons: [
      {
        kind: 'waiting',
        text: `An engine of ${account.domain} makes it in the directory and its secret in the vault.`,
      },
      wouldEnd('Its requester takes the request back.', [account.requester]),
    ],
  }),
  withdrawing: (account) => ({
    sentence: `${account.samAccountName} is going: its request was taken back while it was being made`,
    reasons: [{ kind: 'waiting', text: 'What was made of it in directory and vault is being removed.' }],
  }),
  active: (account, now) => ({ sentence: activeSentence(account, now), reasons: livingReasons(account, now) }),
  disabled: (account, now) => ({
    sentence: disabledSentence(account, now),
    reasons: livingReasons(account, now),
  }),
  expired: (account, now) => ({ sentence: expiredSentence(account), reasons: livingReasons(account, now) }),
  renewing: (account, now) => ({
    sentence: renewingSentence(account),
    reasons: [...renewalReasons(account), ...livingReasons(account, now)],
  }),
  retiring: (account) => ({
    sentence: `${account.samAccountName} is going: ${retirementOf(account)}`,
    reasons: [
      { kind: 'waiting', text: retiringText(account), ...since(account.retirement?.requestedAt) },
      ...(mayTakeBack(account) ? [mustAct(TAKEN_BACK, ownersOf(account))] : []),
    ],
  }),
  quarantined: (account, now) => ({
    sentence: quarantinedSentence(account, now),
    reasons: quarantineReasons(account),
  }),
  retired: (account) => gone(account, 'does not exist any more: its object and its secret are deleted'),
};

function gone({ samAccountName }: Account, what: string): Explanation {
  return { sentence: `${samAccountName} ${what}`, reasons: [] };
}

const since = (at: string | null | undefined): { at?: string } => (at === null || at === undefined ? {} : { at });
const by = (who: readonly string[]): { who?: string[] } => (who.length === 0 ? {} : { who: [...who] });
const mustAct = (text: string, who: readonly string[]): Reason => ({ kind: 'must-act', text, ...by(who) });
const wouldEnd = (text: string, who: readonly string[] = []): Reason => ({ kind: 'would-end', text, ...by(who) });

/** Whoever acts for the account: administrators while none of its owners is active. */
const ownersOf = ({ owners, ownerGroups, ownerMissingSince }: Account): string[] =>
  ownerMissingSince === null ? [...owners, ...ownerGroups] : ADMINISTRATORS;

/** `until the end of 2026-01-31 (UTC)`; an instant within a day as it is. */
function until(endsAt: string): string {
  return endsAt.endsWith('T00:00:00.000Z')
    ? `until the end of ${lastDayOf(new Date(endsAt))} (UTC)`
    : `until ${endsAt}`;
}

function isPast(instant: string, now: Date): boolean {
  return now.getTime() >= Date.parse(instant);
}

function endedAt({ endsAt }: Account): string {
  return endsAt === null ? 'ended' : `ended at ${endsAt}`;
}

function untilEnd({ endsAt, ended }: Account): string {
  return endsAt === null || ended ? '' : ` ${until(endsAt)}`;
}

// Blocked --------------------------------------------------------------------------------------------------------------

function blockedReasons({ blocked, domain }: Account): Reason[] {
  if (blocked === null) return [];
  const waiting: Reason = { kind: 'waiting', text: `${blocked.step}: ${blocked.message}`, at: blocked.since };
  switch (blocked.code) {
    case 'Frozen':
      return [waiting, mustAct('It goes on once the freeze is lifted; its deadlines are kept.', ADMINISTRATORS)];
    case 'BrakeEngaged':
      return [waiting, mustAct(`It goes on once the brake of ${domain} is released.`, ADMINISTRATORS)];
    default:
      return blocked.retrying
        ? [waiting]
        : [waiting, mustAct('It goes on once the cause is mended and the account resumed.', ADMINISTRATORS)];
  }
}

// Approval -------------------------------------------------------------------------------------------------------------

function openStepOf({ approval }: Account): string {
  const step = approval.steps[approval.openStep];
  if (!step) return 'what follows from its approval';
  const now = tally(approval.steps, approval.votes);
  const missing = now.outcome === 'pending' ? now.needed - now.approvals : step.quorum;
  return `${missing} more approval${missing === 1 ? '' : 's'} on "${step.name}"`;
}

function denialOf({ approval }: Account): string {
  const now = tally(approval.steps, approval.votes);
  if (now.outcome !== 'denied') return '';
  return now.reason === null ? ` by ${now.by}` : ` by ${now.by} ("${now.reason}")`;
}

function roundReasons(account: Account): Reason[] {
  const { approval } = account;
  const { users, groups } = askedOn(approval);
  const decided = approval.votes.filter(({ step }) => step === approval.openStep).map(({ seat }) => seat);
  // Nobody decides on what they asked for.
  const asked = [...users.filter((user) => !decided.includes(user) && user !== askerOf(account)), ...groups];
  const deadline = stepDeadline(approval);
  const reasons: Reason[] = [{ ...mustAct('They are asked to decide.', asked), at: approval.openedAt }];
  if (deadline !== null) reasons.push({ kind: 'deadline', text: deadlineText(approval), at: deadline });
  if (approval.quorumLostAt !== null) {
    const text =
      'Too few people can decide on this step or on a later one: an administrator must name others, or the request be taken back.';
    reasons.push({ ...mustAct(text, [...ADMINISTRATORS, askerOf(account)]), at: approval.quorumLostAt });
  }
  return reasons;
}

function deadlineText({ steps, openStep, escalated, purpose }: Account['approval']): string {
  if (!escalated && steps[openStep]?.escalation) return 'Others are asked too if the step is not decided by then.';
  return purpose === 'request'
    ? 'The request lapses if the step is not decided by then.'
    : 'The renewal is denied if the step is not decided by then.';
}

// Life -----------------------------------------------------------------------------------------------------------------

function activeSentence(account: Account, now: Date): string {
  const { samAccountName, endsAt, ended, endOfLife } = account;
  if (endsAt === null) return `${samAccountName} is alive`;
  if (!isPast(endsAt, now) && !ended) {
    return `${samAccountName} is alive ${until(endsAt)}, when its period of ${account.interval} ends`;
  }
  if (!ended && endOfLife !== 'review') {
    return `Active Directory ended ${samAccountName} at ${endsAt}: nobody logs on with it${HELD[endOfLife]}`;
  }
  const why = endOfLife === 'review' ? 'a review is due' : 'somebody enabled it again';
  return `${samAccountName} is alive although its period ended at ${endsAt}: ${why}, and nothing but a person ends it`;
}

/** What is left to do at an end that `accountExpires` has met already. */
const HELD = { disable: ', and only its disabling waits', delete: ', and only its deletion waits', expire: '' };

function disabledSentence(account: Account, now: Date): string {
  const { samAccountName, endsAt, ended } = account;
  return ended || (endsAt !== null && isPast(endsAt, now))
    ? `${samAccountName} is disabled, not deleted, and its period ${endedAt(account)}`
    : `${samAccountName} is disabled, not deleted: its period goes on${untilEnd(account)}`;
}

function expiredSentence(account: Account): string {
  const { samAccountName, endOfLife } = account;
  const how = endOfLife === 'expire' ? 'the domain lets nobody log on with it' : 'it is disabled';
  return `${samAccountName} ${endedAt(account)} and is kept: ${how}, and nothing but a person deletes or renews it`;
}

function renewingSentence(account: Account): string {
  const { samAccountName, renewal, ended } = account;
  const waits = isRoundOpen(account)
    ? `its renewal waits for ${openStepOf(account)}`
    : 'its renewal is approved and being written';
  if (ended) return `${samAccountName} has ended, and ${waits}`;
  if (renewal?.returnTo === 'disabled') return `${samAccountName} is disabled, and ${waits}`;
  return `${samAccountName} is alive${untilEnd(account)}, and ${waits}`;
}

function renewalReasons(account: Account): Reason[] {
  const { renewal, domain } = account;
  const asked = renewal && [
    { kind: 'keeps-alive' as const, text: `${renewal.requestedBy} asked for its renewal.`, at: renewal.requestedAt },
  ];
  const agreed: Reason = { kind: 'waiting', text: `An engine of ${domain} writes the new end to the directory.` };
  return [...(asked ?? []), ...(isRoundOpen(account) ? roundReasons(account) : [agreed])];
}

function livingReasons(account: Account, now: Date): Reason[] {
  const { requester, justification, submittedAt } = account;
  const actions = allowedActions(account, now);
  return [
    { kind: 'keeps-alive', text: `${requester} asked for it: ${justification}`, at: submittedAt },
    ...endReasons(account),
    ...choiceReasons(account, actions),
    wouldEnd('An owner or an administrator deletes it.', ownersOf(account)),
  ];
}

const AT_THE_END: Readonly<Record<Account['endOfLife'], string>> = {
  review: 'A review is due then; the account stays as it is.',
  disable: 'It is disabled then.',
  expire: 'The domain itself ends it then (accountExpires).',
  delete: 'It is deleted then, with its secret, and cannot be renewed.',
};

function endReasons({ endsAt, ended, endOfLife }: Account): Reason[] {
  if (endsAt === null) return [];
  if (ended) return [{ kind: 'deadline', text: 'Its period ended then. It has no deadline any more.', at: endsAt }];
  const deadline: Reason = { kind: 'deadline', text: AT_THE_END[endOfLife], at: endsAt };
  if (endOfLife === 'review') return [deadline];
  const text = endOfLife === 'delete' ? 'Its end date.' : 'Its end date, unless it is renewed.';
  return [deadline, { ...wouldEnd(text), at: endsAt }];
}

function choiceReasons(account: Account, actions: readonly AccountAction[]): Reason[] {
  const { renewalOpensAt, endOfLife } = account;
  const owners = ownersOf(account);
  const reasons: Reason[] = [];
  if (actions.includes('renew'))
    reasons.push({ ...mustAct('An owner can renew it.', owners), ...since(renewalOpensAt) });
  else if (actions.includes('request-renewal')) reasons.push(mustAct('An owner can ask for its renewal.', owners));
  else if ((endOfLife === 'review' || endOfLife === 'disable') && renewalOpensAt !== null) {
    reasons.push({ kind: 'waiting', text: 'It can be renewed from then on.', at: renewalOpensAt });
  }
  if (actions.includes('enable')) reasons.push(mustAct('An owner can enable it again.', owners));
  return reasons;
}

// Retirement -----------------------------------------------------------------------------------------------------------

function retirementOf({ retirement }: Account): string {
  if (retirement === null) return 'it is being retired';
  const { requestedBy, final } = retirement;
  const asked = requestedBy === 'system' ? 'its template ends it' : `${requestedBy} asked for its retirement`;
  return final ? `${asked}, which cannot be undone` : asked;
}

const TAKEN_BACK = 'Nothing was done yet: until it goes on, an owner or an administrator can restore it.';

function retiringText({ retirement }: Account): string {
  return retirement?.final
    ? 'Its object is deleted in the directory, then its secret in the vault.'
    : 'Its object is disabled and put aside, then its secret is taken out of reach.';
}

function quarantinedSentence(account: Account, now: Date): string {
  const { samAccountName, retirement } = account;
  const sentence = `${samAccountName} is put aside and cannot be used: ${retirementOf(account)}`;
  const undo = retirement?.undoUntil;
  if (!undo || retirement.final) return sentence;
  return isPast(undo, now)
    ? `${sentence}; its time for an undo ended at ${undo}, and it can be undone only until its deletion begins`
    : `${sentence}, and can be undone ${until(undo)}`;
}

function quarantineReasons(account: Account): Reason[] {
  if (account.retirement?.final) return [{ kind: 'waiting', text: retiringText(account) }];
  const at = since(account.retirement?.undoUntil);
  return [
    { kind: 'keeps-alive', text: 'Its template gives its retirement a time in which it can be undone.', ...at },
    { kind: 'deadline', text: 'Its object and its secret are deleted then.', ...at },
    mustAct('An owner or an administrator can restore it.', ownersOf(account)),
    { ...wouldEnd('The time for an undo, once it is over.'), ...at },
  ];
}
