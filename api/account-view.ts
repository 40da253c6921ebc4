/** An account as one caller sees it, and whether they see it at all. Pure. */
import type { Account } from '../contracts/account.ts';
import { voteRefusal } from '../contracts/approval.ts';
import { allowedActions, type AccountAction } from '../contracts/lifecycle.ts';
import { can, type Resource, type User } from '../contracts/permissions.ts';

export type AccountResource = Account & { allowedActions: AccountAction[] };

/** The account with those who have a part in it, as the rules for permissions want it. */
function resourceOf({ requester, owners, approval }: Account): Resource {
  const approvers = approval.steps.flatMap((step) => step.approvers);
  return { kind: 'account', account: { requester, owners, approvers } };
}

/** Whether `user` may do `action` on the account, whatever its state. */
export function mayAct(user: User, action: AccountAction | 'read', account: Account): boolean {
  return can(user, action, resourceOf(account));
}

/** Whether `user` may read every account, also those they have no part in. */
export function seesAllAccounts(user: User): boolean {
  return can(user, 'read', { kind: 'account', account: { requester: '', owners: [], approvers: [] } });
}

/** The account with what `user` may do with it at `now`: what the state allows and the permissions too. */
export function viewFor(user: User, account: Account, now: Date): AccountResource {
  const resource = resourceOf(account);
  const actions = allowedActions(account, now).filter(
    (action) => can(user, action, resource) && (action !== 'decide' || isTheirTurn(user, account)),
  );
  return { ...account, allowedActions: actions };
}

function isTheirTurn(user: User, { approval, requester }: Account): boolean {
  return voteRefusal(approval.steps, approval.votes, requester, user.name) === undefined;
}
