/** The approval of one account: its steps and votes as the account shows them. Pure; the rules are contracts/approval.ts. */
import type { Account } from '../../contracts/account.ts';
import { tally, voteRefusal, type Tally } from '../../contracts/approval.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { DecideMessage } from '../../contracts/workflows.ts';

type Approval = Account['approval'];

/** The approval of a new request: nobody has voted. */
export function openApproval({ template }: TemplateSnapshot): Approval {
  return { openStep: 0, steps: template.approval.steps, votes: [] };
}

/** Why the decision is not taken, or `undefined`. A denial must say why. */
export function decisionRefusal(account: Account, message: DecideMessage): ErrorCode | undefined {
  if (message.decision === 'deny' && !message.reason) return 'InvalidRequest';
  const { steps, votes } = account.approval;
  return voteRefusal(steps, votes, account.requester, message.actor);
}

/** The approval with one more vote, cast on the open step at `at`, and where it stands then. */
export function castVote(approval: Approval, message: DecideMessage, at: string): { approval: Approval; tally: Tally } {
  const { actor: approver, decision, reason } = message;
  const votes = [...approval.votes, { step: approval.openStep, approver, decision, reason, at }];
  const now = tally(approval.steps, votes);
  const openStep = openStepOf(now, approval);
  return { approval: { ...approval, openStep, votes }, tally: now };
}

function openStepOf(now: Tally, approval: Approval): number {
  switch (now.outcome) {
    case 'pending':
      return now.step;
    case 'approved':
      return approval.steps.length;
    case 'denied':
      return approval.openStep;
  }
}
