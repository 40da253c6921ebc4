/**
 * Who may sit on which step of an approval, as of the moment of asking. Pure: who is active, who is in which group and who
 * is away is found out by the caller. Free of zod: workflows may load this file.
 */
import { askedOn, type Approval, type People, type Standing } from './approval.ts';
import type { Stead, User } from './permissions.ts';

/** Everybody who is asked on any step of the round, escalations included: they may see what it is about. */
export function everybodyAsked({ steps }: Pick<Approval, 'steps'>): People {
  const all = steps.flatMap(({ approvers, escalation }) => (escalation ? [approvers, escalation] : [approvers]));
  return {
    users: [...new Set(all.flatMap(({ users }) => users))],
    groups: [...new Set(all.flatMap(({ groups }) => groups))],
  };
}

/**
 * The seats that `user` may decide from, step by step: their own where they are named or in a named group, and those of
 * the people they stand in for. The escalation of the open step counts once its deadline has passed.
 */
export function standingOf(user: User, approval: Pick<Approval, 'steps' | 'openStep' | 'escalated'>): Standing {
  const everybody: readonly Stead[] = [user, ...user.standsFor];
  return approval.steps.map((step, index) => {
    const asked = index === approval.openStep ? askedOn(approval) : step.approvers;
    const sits = ({ name, groups }: Stead): boolean =>
      asked.users.includes(name) || groups.some((group) => asked.groups.includes(group));
    return everybody.filter(sits).map(({ name }) => name);
  });
}

/** Somebody who is asked on a step and active, as of now. */
export interface Decider {
  readonly name: string;
  /** Whether they are present; else one of `delegates` may decide from their seat. */
  readonly present: boolean;
  /** Who stands in for them: active and present. */
  readonly delegates: readonly string[];
}

/**
 * The seats of the open step from which votes can still come, each from another person: nobody has two votes on a step,
 * so one delegate of two people who are away fills one of their seats. The requester fills none.
 */
export function openSeats(
  approval: Pick<Approval, 'openStep' | 'votes'>,
  requester: string,
  deciders: readonly Decider[],
): string[] {
  const cast = approval.votes.filter(({ step }) => step === approval.openStep);
  const isTaken = (name: string): boolean => name === requester || cast.some(({ seat }) => seat === name);
  const hasVoted = (name: string): boolean => name === requester || cast.some(({ approver }) => approver === name);
  const free = deciders.filter(({ name }) => !isTaken(name));
  const seats = free.filter(({ name, present }) => present && !hasVoted(name)).map(({ name }) => name);
  const away = free.filter(({ present }) => !present);
  const isIdle = (name: string): boolean => !hasVoted(name) && !seats.includes(name);
  return [...seats, ...matchedSeats(away, isIdle)];
}

/** The greatest number of seats that different delegates can fill (augmenting paths, after Kuhn). */
function matchedSeats(away: readonly Decider[], isIdle: (delegate: string) => boolean): string[] {
  const seatOf = new Map<string, Decider>();
  const seated = (decider: Decider, tried: Set<string>): boolean => {
    for (const delegate of decider.delegates.filter((name) => isIdle(name) && !tried.has(name))) {
      tried.add(delegate);
      const other = seatOf.get(delegate);
      if (other !== undefined && !seated(other, tried)) continue;
      seatOf.set(delegate, decider);
      return true;
    }
    return false;
  };
  return away.filter((decider) => seated(decider, new Set())).map(({ name }) => name);
}
