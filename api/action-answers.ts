/**
 * Whether an account is the answer to what was asked. A repeated request gets the first answer of its key; that it was the
 * same request is seen by what the account became. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Account } from '../contracts/account.ts';
import type { AccountAction } from '../contracts/lifecycle.ts';
import type {
  ChangeOwnersMessage,
  DecideMessage,
  EditMessage,
  Messages,
  ReplaceApproversMessage,
} from '../contracts/workflows.ts';

/** `account`: as it was after the event that the message brought about. */
export function isAnswerTo<A extends AccountAction>(action: A, message: Messages[A], account: Account): boolean {
  const asked: unknown = message;
  switch (action) {
    case 'decide':
      return hasVote(account, asked as DecideMessage);
    case 'replace-approvers':
      return hasApprovers(account, asked as ReplaceApproversMessage);
    case 'change-owners':
      return hasOwners(account, asked as ChangeOwnersMessage);
    case 'edit':
      return account.description === (asked as EditMessage).description;
    default:
      // Nothing is asked but the action itself, and the operation's id has that.
      return true;
  }
}

function hasVote({ approval }: Account, { actor, decision, reason, step }: DecideMessage): boolean {
  const vote = approval.votes.findLast(({ approver }) => approver === actor);
  if (!vote) return true;
  return vote.decision === decision && vote.reason === reason && (step === null || vote.step === step);
}

function hasApprovers({ approval }: Account, { step, approvers, quorum }: ReplaceApproversMessage): boolean {
  const present = approval.steps[step];
  return present?.quorum === quorum && isDeepStrictEqual(present.approvers, approvers);
}

function hasOwners(account: Account, { owners, ownerGroups }: ChangeOwnersMessage): boolean {
  return isDeepStrictEqual([account.owners, account.ownerGroups], [owners, ownerGroups]);
}
