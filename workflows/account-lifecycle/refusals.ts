/** Why an account does not take what is asked of it now: the catalogue's code and a sentence for people. Pure. */
import type { Account } from '../../contracts/account.ts';
import { askedOn, askerOf, canReachQuorum, checkBallot, withApprovers } from '../../contracts/approval.ts';
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts';
import { allowedActions, isRoundOpen, mayRenew } from '../../contracts/lifecycle.ts';
import { migrationOutcome, notMovable } from '../../contracts/migration.ts';
import { ownershipProblem } from '../../contracts/ownership.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { Asked, ReplaceApproversMessage } from '../../contracts/workflows.ts';

export interface Refusal {
  readonly code: ErrorCode;
  /** For people. */
  readonly message: string;
}

/** An account that lives under a template. */
export interface Known {
  readonly account: Account;
  readonly snapshot: TemplateSnapshot;
}

/** Why `known` (null: its request is not accepted yet) does not take what is asked, or `undefined`. */
export function refusalOf(known: Known | null, asked: Asked, now: Date): Refusal | undefined {
  if (asked.action === 'submit')
    return known === null ? undefined : conflict('A request with this id is there already.');
  if (known === null) return conflict('The request is not accepted yet.');
  if (!allowedActions(known.account, now).includes(asked.action)) return notAllowed(known.account, asked.action);
  return objection(known, asked, now);
}

/** Why what is asked was meant for the account as it was, or `undefined`. Holds until it is begun, and no longer. */
export function staleness(account: Account | null, { message }: Asked): Refusal | undefined {
  const expected = 'expectedSequence' in message ? message.expectedSequence : undefined;
  if (account === null || expected === undefined || expected === account.sequence) return undefined;
  const { samAccountName, sequence } = account;
  return {
    code: 'PreconditionFailed',
    message: `${samAccountName} has changed: it was seen at version ${expected} and is at ${sequence} by now. Read it again.`,
  };
}

/** What the state allows and the message does not. */
function objection({ account, snapshot }: Known, asked: Asked, now: Date): Refusal | undefined {
  switch (asked.action) {
    case 'decide': {
      const check = checkBallot(account.approval, askerOf(account), asked.message);
      return check.outcome === 'refused' ? titled(check.code) : undefined;
    }
    case 'replace-approvers':
      return replacementObjection(account, asked.message);
    case 'change-owners': {
      const problem = ownershipProblem(snapshot.template.ownership, asked.message);
      return problem === undefined ? undefined : { code: 'OwnershipViolation', message: problem };
    }
    case 'migrate': {
      const outcome = migrationOutcome(account, snapshot, asked.message.changes, now);
      return outcome.outcome === 'refused' ? { code: outcome.code, message: outcome.message } : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * A replacement asks for at least one more vote: it is no way for an administrator to approve. Votes that were cast count
 * towards the quorum; how many members a group has is not known here.
 */
function replacementObjection(account: Account, message: ReplaceApproversMessage): Refusal | undefined {
  const { step, quorum } = message;
  const { openStep, votes } = account.approval;
  if (step !== openStep) return titled('StepNotOpen');
  const cast = votes.filter((vote) => vote.step === openStep).length;
  if (cast >= quorum) return invalid(`${cast} have approved this step already: the quorum must be greater.`);
  const round = withApprovers(account.approval, message);
  const { users, groups } = askedOn(round);
  if (groups.length > 0 || canReachQuorum(round, askerOf(account), users)) return undefined;
  return invalid(`${cast} have approved this step, and too few others are named for a quorum of ${quorum}.`);
}

const ROUND_ACTIONS: readonly Asked['action'][] = ['decide', 'withdraw', 'replace-approvers'];

function notAllowed(account: Account, action: Asked['action']): Refusal {
  const { samAccountName, state, renewalOpensAt, retirement } = account;
  if (action === 'renew' && mayRenew(account)) {
    return { code: 'RenewalNotOpen', message: `${samAccountName} can be renewed from ${renewalOpensAt} on.` };
  }
  if (action === 'restore' && retirement?.final) return titled('RetirementFinal');
  if (state === 'renewing' && !isRoundOpen(account) && ROUND_ACTIONS.includes(action)) {
    return conflict(`The renewal of ${samAccountName} is approved already, and is being written to the directory.`);
  }
  if (action === 'migrate') {
    const { code, message } = notMovable(account);
    return { code, message };
  }
  return conflict(`${samAccountName} is ${state}: ${action} is not possible now.`);
}

function titled(code: ErrorCode): Refusal {
  return { code, message: ERRORS[code].title };
}

function invalid(message: string): Refusal {
  return { code: 'InvalidRequest', message };
}

function conflict(message: string): Refusal {
  return { code: 'StateConflict', message };
}
