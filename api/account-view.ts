/** An account as one caller sees it, and whether they see it at all. Pure. */
import type { z } from 'zod';
import type { Account, AccountEvent } from '../contracts/account.ts';
import { askerOf, checkBallot } from '../contracts/approval.ts';
import { lastDayOf } from '../contracts/deadlines.ts';
import { HIDDEN_APPROVER, type accountResourceSchema } from '../contracts/http/accounts.ts';
import { allowedActions, type AccountAction } from '../contracts/lifecycle.ts';
import { can, relationsOf, type AccountParties, type Resource, type User } from '../contracts/permissions.ts';
import { everybodyAsked, standingOf } from '../contracts/standing.ts';

export type AccountResource = z.infer<typeof accountResourceSchema>;

const NOBODY: AccountParties = { requester: '', owners: [], ownerGroups: [], approvers: [], approverGroups: [] };

/** Those who have a part in the account, as the rules for permissions want them. */
function partiesOf({ requester, owners, ownerGroups, approval }: Account): AccountParties {
  const { users, groups } = everybodyAsked(approval);
  return { requester, owners, ownerGroups, approvers: users, approverGroups: groups };
}

function resourceOf(account: Account): Resource {
  return { kind: 'account', account: partiesOf(account) };
}

/** Whether `user` may do `action` on the account, whatever its state. */
export function mayAct(user: User, action: AccountAction | 'read', account: Account): boolean {
  return can(user, action, resourceOf(account));
}

/** Whether `user` may read every account, also those they have no part in. */
export function seesAllAccounts(user: User): boolean {
  return can(user, 'read', { kind: 'account', account: NOBODY });
}

/** The account with what `user` may do with it at `now`: what the state allows and the permissions too. */
export function viewFor(user: User, account: Account, now: Date): AccountResource {
  const resource = resourceOf(account);
  const actions = allowedActions(account, now).filter(
    (action) => can(user, action, resource) && (action !== 'decide' || isTheirTurn(user, account)),
  );
  const approversHidden = hidesApprovers(user, account);
  return {
    ...account,
    approval: { ...(approversHidden ? withoutNames(account) : account).approval, approversHidden },
    lastDay: account.endsAt === null ? null : lastDayOf(new Date(account.endsAt)),
    allowedActions: actions,
  };
}

/** Whether an approval of `user` would count now, for themselves or for somebody who is away. */
function isTheirTurn(user: User, account: Account): boolean {
  const { approval } = account;
  const standing = standingOf(user, approval);
  const ballot = { actor: user.name, standing, step: null, decision: 'approve', reason: null } as const;
  return checkBallot(approval, askerOf(account), ballot).outcome === 'counts';
}

/** Whether the names of approvers are kept from `user`: from those who are neither approvers themselves nor administrators. */
function hidesApprovers(user: User, account: Account): boolean {
  if (!account.approval.hideApprovers) return false;
  const relations = relationsOf(user, partiesOf(account));
  return !relations.includes('administrator') && !relations.includes('approver');
}

/** The account without a name of an approver in it. */
function withoutNames(account: Account): Account {
  const { approval } = account;
  const nobody = { users: [], groups: [] };
  return {
    ...account,
    approval: {
      ...approval,
      steps: approval.steps.map((step) => ({
        ...step,
        approvers: nobody,
        escalation: step.escalation && nobody,
      })),
      votes: approval.votes.map((vote) => ({ ...vote, approver: HIDDEN_APPROVER, seat: HIDDEN_APPROVER })),
    },
  };
}

/** The account as `user` may know it where what follows from it is told in words. */
export function knownTo(user: User, account: Account): Account {
  return hidesApprovers(user, account) ? withoutNames(account) : account;
}

/** What the events of a round that hides its approvers tell all the same. */
const NAMELESS_DETAILS: readonly string[] = ['step', 'decision', 'reason'];

/**
 * One of an account's events as `user` sees it. The event itself says whether it is of a round that hides its approvers:
 * later rounds, and who is asked in them, change nothing about it.
 */
export function eventFor(user: User, event: AccountEvent): AccountEvent {
  const { approversHidden, ...detail } = event.detail;
  if (!approversHidden || user.role === 'administrator' || user.name === event.actor) return { ...event, detail };
  // An administrator puts others on a step, which is no secret.
  const actor = event.type === 'approvers-replaced' ? event.actor : HIDDEN_APPROVER;
  const told = Object.entries(detail).filter(([name]) => NAMELESS_DETAILS.includes(name));
  return { ...event, actor, detail: Object.fromEntries(told) };
}
