/**
 * Approval decided as a pure fold over votes. The policy is the template version under which the request was made.
 * Free of zod: workflows load this file.
 */
import type { ErrorCode } from './errors.ts';

/** One step of an approval: `quorum` of `approvers` must approve before the next step opens. */
export interface ApprovalStep {
  readonly name: string;
  readonly approvers: readonly string[];
  readonly quorum: number;
}

/** One decision of one approver on one step, as it is recorded. */
export interface Vote {
  /** Zero-based index of the step it was cast on. */
  readonly step: number;
  readonly approver: string;
  readonly decision: 'approve' | 'deny';
  readonly reason: string | null;
  /** ISO 8601 UTC. */
  readonly at: string;
}

export type Tally =
  | { readonly outcome: 'pending'; readonly step: number; readonly approvals: number; readonly needed: number }
  | { readonly outcome: 'approved' }
  | { readonly outcome: 'denied'; readonly by: string; readonly reason: string | null };

/** The state of an approval after `votes`, in the order they were cast. One denial ends it; votes after the end are ignored. */
export function tally(steps: readonly ApprovalStep[], votes: readonly Vote[]): Tally {
  let step = 0;
  let approvals = 0;
  for (const vote of votes) {
    if (step >= steps.length) break;
    if (vote.step !== step) continue;
    if (vote.decision === 'deny') return { outcome: 'denied', by: vote.approver, reason: vote.reason };
    approvals += 1;
    if (approvals >= steps[step]!.quorum) {
      step += 1;
      approvals = 0;
    }
  }
  if (step >= steps.length) return { outcome: 'approved' };
  return { outcome: 'pending', step, approvals, needed: steps[step]!.quorum };
}

/**
 * Why `approver` may not vote now, or `undefined` when they may. Self-approval is refused whatever the role: the
 * requester and nobody else is excluded by name, so that the rule holds even when the template lists the requester.
 */
export function voteRefusal(
  steps: readonly ApprovalStep[],
  votes: readonly Vote[],
  requester: string,
  approver: string,
): ErrorCode | undefined {
  const current = tally(steps, votes);
  if (current.outcome !== 'pending') return 'StateConflict';
  if (approver === requester) return 'SelfApproval';
  if (!steps[current.step]!.approvers.includes(approver)) return 'NotAnApprover';
  if (votes.some((vote) => vote.step === current.step && vote.approver === approver)) return 'AlreadyDecided';
  return undefined;
}
