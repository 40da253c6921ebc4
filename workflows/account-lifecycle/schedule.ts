/** When an account must be looked at next. Pure. */
import type { Account } from '../../contracts/account.ts';
import { stepDeadline } from '../../contracts/approval.ts';
import { isRoundOpen, LIVING_STATES } from '../../contracts/lifecycle.ts';
import { nextNotice } from '../../contracts/notices.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import { noticeFactsOf } from './notices.ts';

/** `end` is that of the period; `deletion` that of a retirement's grace. */
export interface Deadline {
  readonly kind: 'notice' | 'step' | 'end' | 'deletion';
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

interface Scheduled {
  readonly account: Account;
  readonly snapshot: TemplateSnapshot;
  /** The due time of the newest notice that was asked for. */
  readonly noticedUntil: string | null;
}

/** What lies ahead of the account or is due, soonest first. Of two at the same instant, notices come first. */
export function deadlinesOf({ account, snapshot, noticedUntil }: Scheduled): Deadline[] {
  const isLiving = LIVING_STATES.includes(account.state);
  const facts = isLiving ? noticeFactsOf(account, snapshot) : undefined;
  const instants: [Deadline['kind'], string | null | undefined][] = [
    ['notice', facts && nextNotice(facts, noticedUntil)?.dueAt],
    ['step', isRoundOpen(account) ? stepDeadline(account.approval) : null],
    ['end', isLiving && !account.ended ? account.endsAt : null],
    ['deletion', account.state === 'quarantined' ? account.retirement?.undoUntil : null],
  ];
  return instants
    .flatMap(([kind, instant]) => (instant ? [{ kind, at: Date.parse(instant) }] : []))
    .sort((one, other) => one.at - other.at);
}

/** Whether the account has met a deadline of this kind. */
export function isDue(scheduled: Scheduled, kind: Deadline['kind'], nowMs: number): boolean {
  return deadlinesOf(scheduled).some((deadline) => deadline.kind === kind && deadline.at <= nowMs);
}

/** How long to wait for the soonest of these instants, in milliseconds: `longestMs` at most, and 1 when it is due (0 would be no timer). */
export function waitMs(instants: readonly number[], nowMs: number, longestMs: number): number {
  return Math.min(Math.max(Math.min(...instants) - nowMs, 1), longestMs);
}
