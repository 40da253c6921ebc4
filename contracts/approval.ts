/**
 * Approval decided as a pure fold over votes. The steps are those of the template version under which the request was
 * made; who may sit on a step is found out when somebody votes, never frozen. Free of zod: workflows load this file.
 */
import { mustParse, shift } from './deadlines.ts';
import type { ErrorCode } from './errors.ts';

/** Users by name, and groups whose members count. */
export interface People {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** One step of an approval: `quorum` of `approvers` must approve before the next step opens. */
export interface ApprovalStep {
  readonly name: string;
  readonly approvers: People;
  readonly quorum: number;
  /** An ISO 8601 duration from the opening of the step; null: it waits for ever. */
  readonly deadline: string | null;
  /** Who may decide too once the deadline has passed; the step then has as much time again. Null: it lapses. */
  readonly escalation: People | null;
}

/** One decision of one approver on one step, as it is recorded. */
export interface Vote {
  /** Zero-based index of the step it was cast on. */
  readonly step: number;
  /** Who cast it. */
  readonly approver: string;
  /** Whose seat it was cast from: the approver's own, or that of somebody who is away. */
  readonly seat: string;
  readonly decision: 'approve' | 'deny';
  readonly reason: string | null;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** One round of approval: of the request, or of a renewal. */
export interface Approval {
  readonly purpose: 'request' | 'renewal';
  /** Index of the open step; equals the number of steps when all are done. */
  readonly openStep: number;
  /** When the open step was opened, ISO 8601 UTC. */
  readonly openedAt: string;
  /** Whether the open step's deadline has passed and others were asked. */
  readonly escalated: boolean;
  /** Since when too few people can decide on the open step or on a later one, ISO 8601 UTC; null while all can be decided. */
  readonly quorumLostAt: string | null;
  /** Whether the approvers' names are hidden from the requester. */
  readonly hideApprovers: boolean;
  readonly steps: readonly ApprovalStep[];
  readonly votes: readonly Vote[];
}

export type Tally =
  | { readonly outcome: 'pending'; readonly step: number; readonly approvals: number; readonly needed: number }
  | { readonly outcome: 'approved' }
  | { readonly outcome: 'denied'; readonly by: string; readonly reason: string | null };

/** The state of an approval after `votes`, in the order they were cast. One denial ends it; votes after the end are ignored. */
export function tally(steps: readonly Pick<ApprovalStep, 'quorum'>[], votes: readonly Vote[]): Tally {
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

/** A round in which nobody has voted. */
export function openRound(
  purpose: Approval['purpose'],
  steps: readonly ApprovalStep[],
  hideApprovers: boolean,
  at: string,
): Approval {
  return { purpose, openStep: 0, openedAt: at, escalated: false, quorumLostAt: null, hideApprovers, steps, votes: [] };
}

/**
 * What somebody may do on each step at the moment of asking: `seats[step]` are the approvers they may decide for. Their
 * own name is there when they are named or a member of a named group; the names of people who are away and have them as
 * delegate are there too.
 */
export type Standing = readonly (readonly string[])[];

export interface Ballot {
  readonly actor: string;
  readonly standing: Standing;
  /** The step that the approver had in mind; null: whichever is open. */
  readonly step: number | null;
  readonly decision: 'approve' | 'deny';
  readonly reason: string | null;
}

/** The code with which a ballot is refused, or the seat from which it counts. */
export type BallotCheck =
  { readonly outcome: 'counts'; readonly seat: string } | { readonly outcome: 'refused'; readonly code: ErrorCode };

/**
 * Whether a ballot counts now. Self-approval is refused whatever the role: the requester is excluded by name, as voter
 * and as the one who is stood in for, so that the rule holds even when the template lists the requester. One person has
 * one vote on a step, and so has one seat.
 */
export function checkBallot(approval: Approval, requester: string, ballot: Ballot): BallotCheck {
  const refused = (code: ErrorCode): BallotCheck => ({ outcome: 'refused', code });
  const { steps, votes } = approval;
  if (tally(steps, votes).outcome !== 'pending') return refused('StateConflict');
  if (ballot.actor === requester) return refused('SelfApproval');
  if (ballot.step !== null && ballot.step !== approval.openStep) return refused('StepNotOpen');
  if (ballot.decision === 'deny' && !ballot.reason) return refused('InvalidRequest');
  const cast = votes.filter(({ step }) => step === approval.openStep);
  if (cast.some(({ approver }) => approver === ballot.actor)) return refused('AlreadyDecided');
  const seats = (ballot.standing[approval.openStep] ?? []).filter((seat) => seat !== requester);
  if (seats.length === 0) return refused('NotAnApprover');
  const isTaken = (name: string): boolean => cast.some(({ seat }) => seat === name);
  const free = [...seats.filter((seat) => seat === ballot.actor), ...seats].find((seat) => !isTaken(seat));
  return free === undefined ? refused('AlreadyDecided') : { outcome: 'counts', seat: free };
}

/** The round with one more vote, cast from `seat` at `at`, and where it stands then. A new step opens at `at`. */
export function castVote(
  approval: Approval,
  { actor, decision, reason }: Ballot,
  seat: string,
  at: string,
): { readonly approval: Approval; readonly tally: Tally } {
  const vote: Vote = { step: approval.openStep, approver: actor, seat, decision, reason, at };
  const votes = [...approval.votes, vote];
  const after = tally(approval.steps, votes);
  const openStep =
    after.outcome === 'denied' ? approval.openStep : after.outcome === 'approved' ? approval.steps.length : after.step;
  const opened = openStep === approval.openStep ? {} : { openedAt: at, escalated: false, quorumLostAt: null };
  return { approval: { ...approval, ...opened, openStep, votes }, tally: after };
}

/** The round with other approvers and another quorum on its open step. Votes that were cast stay. */
export function withApprovers<A extends Approval>(
  approval: A,
  { approvers: { users, groups }, quorum }: Pick<ApprovalStep, 'approvers' | 'quorum'>,
): A {
  const approvers = { users: [...users], groups: [...groups] };
  const steps = approval.steps.map((step, index) =>
    index === approval.openStep ? { ...step, approvers, quorum } : step,
  );
  return { ...approval, steps };
}

/** Who asked for what is being decided: they do not decide on it themselves. */
export function askerOf({ approval, renewal, requester }: Asker): string {
  return approval.purpose === 'renewal' && renewal !== null ? renewal.requestedBy : requester;
}

/** What of an account says who asked for its present round. */
interface Asker {
  readonly approval: Pick<Approval, 'purpose'>;
  readonly renewal: { readonly requestedBy: string } | null;
  readonly requester: string;
}

/** Who is asked on the open step: its approvers, and after its deadline those of its escalation. Nobody when all are done. */
export function askedOn(approval: Pick<Approval, 'steps' | 'openStep' | 'escalated'>): People {
  const step = approval.steps[approval.openStep];
  if (!step) return { users: [], groups: [] };
  if (!approval.escalated || step.escalation === null) return step.approvers;
  return {
    users: [...new Set([...step.approvers.users, ...step.escalation.users])],
    groups: [...new Set([...step.approvers.groups, ...step.escalation.groups])],
  };
}

/** Who is asked, and how many of them: on the open step, and on each after it as long as its deadline has not passed. */
export function askedFrom(
  approval: Pick<Approval, 'steps' | 'openStep' | 'escalated'>,
): (People & Pick<ApprovalStep, 'quorum'>)[] {
  const [open, ...later] = approval.steps.slice(approval.openStep);
  if (!open) return [];
  const asked = { ...askedOn(approval), quorum: open.quorum };
  return [asked, ...later.map(({ approvers, quorum }) => ({ ...approvers, quorum }))];
}

/**
 * Whether the open step can still reach its quorum, when `able` are the seats from which votes can still come, each from
 * another person (`openSeats` of `standing.ts`). Seats that were used by now count as their votes; the requester's never.
 */
export function canReachQuorum(approval: Approval, requester: string, able: readonly string[]): boolean {
  const step = approval.steps[approval.openStep];
  if (!step) return true;
  const cast = approval.votes.filter((vote) => vote.step === approval.openStep);
  const left = able.filter((name) => name !== requester && !cast.some(({ seat }) => seat === name));
  return cast.length + new Set(left).size >= step.quorum;
}

/** When the open step escalates or lapses, ISO 8601 UTC; null when it waits for ever or none is open. */
export function stepDeadline(approval: Approval): string | null {
  const step = approval.steps[approval.openStep];
  if (!step || step.deadline === null) return null;
  const duration = mustParse(step.deadline);
  const first = shift(new Date(approval.openedAt), duration);
  return (approval.escalated ? shift(first, duration) : first).toISOString();
}
