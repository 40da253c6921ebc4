/**
 * Which notices the end of a period brings, and when: pure arithmetic on the template's terms.
 * Free of zod: workflows load this file.
 */
import { mustParse, shift, type CalendarDuration } from './deadlines.ts';
import type { EndOfLifeAction } from './lifecycle.ts';

/** Everything people are told of an account. What each is for, and who is told, is in `docs/lifecycle.md`. */
export const NOTICE_KINDS = [
  'approval-needed',
  'approval-escalated',
  'quorum-lost',
  'request-approved',
  'request-rejected',
  'request-lapsed',
  'provisioned',
  'provisioning-failed',
  'renewal-opened',
  'renewal-reminder',
  'renewal-urgent',
  'renewal-overdue',
  'renewal-denied',
  'ended',
  'owners-changed',
  'owner-missing',
  'retirement-begun',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** What people are told of a template, not of an account. */
export const TEMPLATE_NOTICE_KINDS = ['template-needs-approval'] as const;

/** What administrators are told of a domain. */
export const DOMAIN_NOTICE_KINDS = ['brake-engaged', 'domain-unreachable'] as const;

export const OUTBOX_KINDS = [...NOTICE_KINDS, ...TEMPLATE_NOTICE_KINDS, ...DOMAIN_NOTICE_KINDS] as const;
export type OutboxKind = (typeof OUTBOX_KINDS)[number];

/** Whom a notice is for. The platform finds the people when it is due: groups change. */
export type Audience = 'requester' | 'owners' | 'open-step' | 'escalation' | 'administrators';

/** A notice to be put into the outbox: once per account, kind, due time and address, however often it is asked for. */
export interface Notice {
  readonly kind: NoticeKind;
  /** When it was due, ISO 8601 UTC: part of its identity, so not the instant at which it was asked for. */
  readonly dueAt: string;
  readonly audiences: readonly Audience[];
  /** What its text needs beside the account. Never has a secret. */
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

/** The template's terms for notices; every string is an ISO 8601 duration, null switches that part off. */
export interface NoticeTerms {
  /** Tell the owners when renewal opens. */
  readonly whenRenewalOpens: boolean;
  /** From then on, and after the end too. */
  readonly remindEvery: string | null;
  /** In the last `urgentWithin` before the end, instead of the ordinary reminders. */
  readonly urgentEvery: string | null;
  readonly urgentWithin: string | null;
  /** Reminders go to the administrators too. */
  readonly tellAdministrators: boolean;
  /** How long after the end reminders go on; null: they stop at the end. */
  readonly stopAfter: string | null;
}

/** What the schedule of a period's notices follows from. */
export interface NoticeFacts {
  readonly terms: NoticeTerms;
  readonly endOfLife: EndOfLifeAction;
  /** ISO 8601 UTC, of the present period. */
  readonly renewalOpensAt: string;
  readonly endsAt: string;
}

/**
 * The next notice of the period that is due after `after` (exclusive; null: from the beginning). `undefined` when the
 * period has no more. `renewal-overdue` goes on after the end where the account can still be renewed. No two notices of a
 * period are due at the same instant: where the urgent time begins with the window, `renewal-opened` is its first.
 */
export function nextNotice(facts: NoticeFacts, after: string | null): Notice | undefined {
  const afterMs = after === null ? -Infinity : Date.parse(after);
  const next = [opening(facts, afterMs), ...repeated(facts).map((series) => firstAfter(series, afterMs))]
    .filter((notice) => notice !== undefined)
    .sort((a, b) => a.at.getTime() - b.at.getTime())[0];
  return next && addressed(facts, next);
}

interface Due {
  readonly kind: NoticeKind;
  readonly at: Date;
}

/** Notices at `from` plus `first`, `first` + 1, … times the interval, before `untilMs`. */
interface Series {
  readonly kind: NoticeKind;
  readonly from: Date;
  readonly interval: CalendarDuration;
  readonly first: 0 | 1;
  readonly untilMs: number;
}

function addressed({ terms, endsAt }: NoticeFacts, { kind, at }: Due): Notice {
  const audiences: Audience[] =
    kind !== 'renewal-opened' && terms.tellAdministrators ? ['owners', 'administrators'] : ['owners'];
  return { kind, dueAt: at.toISOString(), audiences, detail: { endsAt } };
}

function opening({ terms, renewalOpensAt }: NoticeFacts, afterMs: number): Due | undefined {
  const at = new Date(renewalOpensAt);
  return terms.whenRenewalOpens && at.getTime() > afterMs ? { kind: 'renewal-opened', at } : undefined;
}

function repeated({ terms, endOfLife, renewalOpensAt, endsAt }: NoticeFacts): Series[] {
  const { remindEvery, urgentEvery, stopAfter } = terms;
  const [opens, end] = [new Date(renewalOpensAt), new Date(endsAt)];
  const urgentFrom = urgentStart(terms, opens, end);
  const series: Series[] = [];
  if (remindEvery !== null) {
    const interval = mustParse(remindEvery);
    series.push({ kind: 'renewal-reminder', from: opens, interval, first: 1, untilMs: urgentFrom.getTime() });
    if (stopAfter !== null && endOfLife !== 'delete') {
      // The last one may be due at the very end of that time.
      const untilMs = shift(end, mustParse(stopAfter)).getTime() + 1;
      series.push({ kind: 'renewal-overdue', from: end, interval, first: 1, untilMs });
    }
  }
  if (urgentEvery !== null) {
    const interval = mustParse(urgentEvery);
    series.push({ kind: 'renewal-urgent', from: urgentFrom, interval, first: 0, untilMs: end.getTime() });
  }
  return series;
}

/** The urgent time never begins before renewal opens; without one, the ordinary reminders go on to the end. */
function urgentStart({ urgentEvery, urgentWithin }: NoticeTerms, opens: Date, end: Date): Date {
  if (urgentEvery === null || urgentWithin === null) return end;
  const from = shift(end, mustParse(urgentWithin), -1);
  return from < opens ? opens : from;
}

/** Each is counted from the series' beginning, so that months' ends do not creep. */
function firstAfter({ kind, from, interval, first, untilMs }: Series, afterMs: number): Due | undefined {
  for (let count = Math.max(first, countBefore(from, interval, afterMs)); ; count += 1) {
    const at = shift(from, times(interval, count));
    if (at.getTime() >= untilMs) return undefined;
    if (at.getTime() > afterMs) return { kind, at };
  }
}

const DAY_MS = 86_400_000;

/** How often the interval fits between the two instants at least, so that no schedule is walked from its beginning. */
function countBefore(from: Date, interval: CalendarDuration, instantMs: number): number {
  const { years, months, days, hours, minutes, seconds } = interval;
  const longestMs = (years * 366 + months * 31 + days) * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return Math.max(0, Math.floor((instantMs - from.getTime()) / longestMs));
}

function times(duration: CalendarDuration, factor: number): CalendarDuration {
  return {
    years: duration.years * factor,
    months: duration.months * factor,
    days: duration.days * factor,
    hours: duration.hours * factor,
    minutes: duration.minutes * factor,
    seconds: duration.seconds * factor,
  };
}
