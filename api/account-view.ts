/** An account as one caller sees it, and whether they see it at all. Pure. */
import type { Account } from '../contracts/account.ts';
import { voteRefusal } from '../contracts/approval.ts';
import { allowedActions, type AccountAction } from '../contracts/lifecycle.ts';
import { can, type AccountParties, type User } from '../contracts/permissions.ts';

export type AccountResource = Account & { allowedActions: AccountAction[] };

/** Those who have a part in the account, as the rules for permissions want them. */
function partiesOf({ requester, owners, approval }: Account): AccountParties {
  return { requester, owners, approvers: approval.steps.flatMap((step) => step.approvers) };
}

/** Whether `user` may do `action` on the account, whatever its state. */
export function mayAct(user: User, action: AccountAction | 'read', account: Account): boolean {
  return can(user, action, { kind: 'account', account: partiesOf(account) });
}

/** Whether `user` may read every account, also those they have no part in. */
export function seesAllAccounts(user: User): boolean {
  return can(user, 'read', { kind: 'account', account: { requester: '', owners: [], approvers: [] } });
}

/** The account with what `user` may do with it at `now`: what the state allows and the permissions too. */
export function viewFor(user: User, account: Account, now: Date): AccountResource {
  const actions = allowedActions(account, now).filter(
    (action) => mayAct(user, action, account) && (action !== 'decide' || isTheirTurn(user, account)),
  );
  return { ...account, allowedActions: actions };
}

function isTheirTurn(user: User, { approval, requester }: Account): boolean {
  return voteRefusal(approval.steps, approval.votes, requester, user.name) === undefined;
}
