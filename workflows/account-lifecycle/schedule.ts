/** When a living account must be looked at next. Pure. */
import type { Account } from '../../contracts/account.ts';

export interface Deadline {
  readonly kind: 'reminder' | 'end';
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A running timer cannot be shortened by a patch, so that no wait is longer than this. */
export const LONGEST_WAIT_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * How long nothing may have happened before history begins anew: an update's answer is fetched from the run that gave it,
 * and who asked needs a moment to do so.
 */
export const REST_MS = 10_000;

/** The account's next deadline; `undefined` when none lies ahead. A reminder that was missed until the end is left out. */
export function nextDeadline(account: Account, reminded: boolean, nowMs: number): Deadline | undefined {
  if (account.state !== 'active' && account.state !== 'disabled') return undefined;
  if (account.endsAt === null || account.remindAt === null) throw new Error('a provisioned account has deadlines');
  const endMs = Date.parse(account.endsAt);
  if (!reminded && nowMs < endMs) return { kind: 'reminder', at: Date.parse(account.remindAt) };
  return { kind: 'end', at: endMs };
}

/** How long to wait for the deadline, in milliseconds: `longestMs` at most, and 1 when it is due (0 would be no timer). */
export function waitMs(deadline: Deadline | undefined, nowMs: number, longestMs: number): number {
  if (!deadline) return longestMs;
  return Math.min(Math.max(deadline.at - nowMs, 1), longestMs);
}
