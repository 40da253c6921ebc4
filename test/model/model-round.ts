/** The model's rounds of approval. */
import { moved } from '../support/notice-oracle.ts';
import { answer, isRoundOpen, tell, termsOf, type Model, type ModelRound } from './account-model.ts';

export function openRound(model: Model, asker: string, isRenewal: boolean): void {
  model.round = {
    isRenewal,
    asker,
    steps: [...termsOf(model).steps],
    open: 0,
    openedAt: model.now,
    escalated: false,
    lost: false,
    votes: [],
    lastVoteAt: model.now,
  };
  tell(model, 'approval-needed', ['open-step']);
}

/** Who is asked on the open step. */
export function asked({ steps, open, escalated }: ModelRound): string[] {
  const { users, escalation } = steps[open]!;
  return [...new Set([...users, ...(escalated ? (escalation ?? []) : [])])];
}

export interface ModelBallot {
  readonly operation: number;
  readonly who: string;
  readonly standsFor: readonly string[];
  readonly denies: boolean;
}

export function vote(model: Model, { operation, who, standsFor, denies }: ModelBallot): void {
  const round = model.round!;
  if (who === round.asker) return answer(model, operation, 'SelfApproval');
  const cast = round.votes.filter(({ step }) => step === round.open);
  if (cast.some((one) => one.who === who)) return answer(model, operation, 'AlreadyDecided');
  const seats = [who, ...standsFor].filter((seat) => asked(round).includes(seat) && seat !== round.asker);
  if (seats.length === 0) return answer(model, operation, 'NotAnApprover');
  const seat = seats.find((one) => !cast.some((other) => other.seat === one));
  if (seat === undefined) return answer(model, operation, 'AlreadyDecided');
  answer(model, operation, 'ok');
  round.votes.push({ step: round.open, who, seat });
  round.lastVoteAt = model.now;
  if (denies) return deny(model);
  if (cast.length + 1 < round.steps[round.open]!.quorum) return;
  round.open += 1;
  round.openedAt = model.now;
  round.escalated = false;
  round.lost = false;
  if (round.open < round.steps.length) return tell(model, 'approval-needed', ['open-step']);
  if (round.isRenewal) return;
  model.state = 'approved';
  tell(model, 'request-approved', ['requester']);
}

function deny(model: Model): void {
  if (model.round!.isRenewal) return returnFromRenewal(model);
  model.state = 'rejected';
  tell(model, 'request-rejected', ['requester']);
}

/** Denied, lapsed or withdrawn: back to what it was. */
export function returnFromRenewal(model: Model): void {
  model.state = model.renewal!.returnTo;
  model.renewal = null;
  tell(model, 'renewal-denied', ['owners']);
}

export function replaceApprovers(
  model: Model,
  operation: number,
  { step, users, quorum }: { step: number; users: readonly string[]; quorum: number },
): void {
  const round = model.round!;
  if (step !== round.open) return answer(model, operation, 'StepNotOpen');
  const used = round.votes.filter((one) => one.step === round.open).map(({ seat }) => seat);
  const steps = round.steps.map((one, index) => (index === round.open ? { ...one, users, quorum } : one));
  const able = asked({ ...round, steps }).filter((name) => name !== round.asker && !used.includes(name));
  const isRefused = quorum <= used.length || quorum > used.length + able.length;
  if (isRefused) return answer(model, operation, 'InvalidRequest');
  answer(model, operation, 'ok');
  round.steps = steps;
}

/** When the open step escalates or lapses; null when it waits for ever. */
export function stepDeadline(model: Model): number | null {
  const { round } = model;
  if (!round || !isRoundOpen(model)) return null;
  const { deadline } = round.steps[round.open]!;
  if (deadline === null) return null;
  const first = moved(new Date(round.openedAt), deadline, 1);
  return +(round.escalated ? moved(first, deadline, 1) : first);
}

export function meetStepDeadline(model: Model): void {
  const deadline = stepDeadline(model);
  if (deadline === null || deadline > model.now) return;
  const round = model.round!;
  if (round.steps[round.open]!.escalation !== null && !round.escalated) {
    round.escalated = true;
    return tell(model, 'approval-escalated', ['escalation'], deadline);
  }
  if (round.isRenewal) return returnFromRenewal(model);
  model.state = 'lapsed';
  tell(model, 'request-lapsed', ['requester'], deadline);
}

/** Says once that too few can decide, and notices when enough can again. */
export function weighQuorum(model: Model): void {
  const { round } = model;
  if (!round || !isRoundOpen(model)) return;
  const used = round.votes.filter(({ step }) => step === round.open).map(({ seat }) => seat);
  const present = (names: readonly string[]) => names.filter((name) => !model.gone.has(name) && name !== round.asker);
  const able = present(asked(round)).filter((name) => !used.includes(name));
  const later = round.steps.slice(round.open + 1);
  const isOpenLost = used.length + able.length < round.steps[round.open]!.quorum;
  const isLost = isOpenLost || later.some(({ users, quorum }) => present(users).length < quorum);
  if (isLost && !round.lost) tell(model, 'quorum-lost', ['administrators', 'requester']);
  round.lost = isLost;
}
