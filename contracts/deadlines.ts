/**
 * Deadlines as pure arithmetic on UTC instants. Free of zod: workflows load this file.
 */

/** A duration in calendar units, as ISO 8601-1 §5.5.2.3 writes it, without fractions or weeks. */
export interface CalendarDuration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

const PATTERN = /^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?(T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?$/;

/** Parses `P1Y`, `P90D`, `PT20S` …; `undefined` for anything else, for an empty duration and for one of length zero. */
export function parseDuration(text: string): CalendarDuration | undefined {
  const match = PATTERN.exec(text);
  if (!match || match[4] === 'T') return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const duration = {
    years: part(1),
    months: part(2),
    days: part(3),
    hours: part(5),
    minutes: part(6),
    seconds: part(7),
  };
  return Object.values(duration).some((value) => value > 0) ? duration : undefined;
}

/** Whether the duration counts whole days or more: such periods begin and end at 00:00 UTC. */
export function isWholeDays(duration: CalendarDuration): boolean {
  return duration.hours === 0 && duration.minutes === 0 && duration.seconds === 0;
}

/**
 * `from` plus (or with `sign` −1 minus) the duration, in UTC. Years and months first, clamped to the end of the month
 * (31 January + 1 month is 28 or 29 February), then days and the time of day.
 */
export function shift(from: Date, duration: CalendarDuration, sign: 1 | -1 = 1): Date {
  const monthIndex = from.getUTCFullYear() * 12 + from.getUTCMonth() + sign * (duration.years * 12 + duration.months);
  const year = Math.floor(monthIndex / 12);
  const month = monthIndex - year * 12;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), lastDay) + sign * duration.days;
  const timeOfDayMs = from.getTime() - startOfUtcDay(from).getTime();
  const clockMs = ((duration.hours * 60 + duration.minutes) * 60 + duration.seconds) * 1000;
  return new Date(Date.UTC(year, month, day) + timeOfDayMs + sign * clockMs);
}

/** 00:00 UTC of the day of `instant`. */
export function startOfUtcDay(instant: Date): Date {
  return new Date(Date.UTC(instant.getUTCFullYear(), instant.getUTCMonth(), instant.getUTCDate()));
}

/** The parts of a template that say when an account's deadlines are; every string is an ISO 8601 duration. */
export interface LifecycleTerms {
  readonly interval: string;
  /** How long before the end renewal opens. */
  readonly renewalWindow: string;
  /** How long before the end the owners are reminded. */
  readonly reminder: string;
}

export interface Deadlines {
  readonly startsAt: Date;
  readonly remindAt: Date;
  readonly renewalOpensAt: Date;
  /** The first instant at which the account is no longer good. For whole days: 00:00 UTC after the last day it works. */
  readonly endsAt: Date;
}

/**
 * The deadlines of a period that begins at `start`. A period of whole days begins at 00:00 UTC of that day; a shorter
 * one begins at the instant itself. Reminder and window never lie before the start.
 * Throws a plain Error on a duration that does not parse: templates are checked before they are stored.
 */
export function deadlinesFrom(terms: LifecycleTerms, start: Date): Deadlines {
  const interval = mustParse(terms.interval);
  const startsAt = isWholeDays(interval) ? startOfUtcDay(start) : start;
  const endsAt = shift(startsAt, interval);
  const before = (text: string): Date => {
    const instant = shift(endsAt, mustParse(text), -1);
    return instant < startsAt ? startsAt : instant;
  };
  return { startsAt, endsAt, remindAt: before(terms.reminder), renewalOpensAt: before(terms.renewalWindow) };
}

/**
 * The deadlines after a renewal at `now`: the new period begins where the old one ends, so renewing early loses nothing;
 * a renewal after the end begins now.
 */
export function renewedDeadlines(terms: LifecycleTerms, currentEnd: Date, now: Date): Deadlines {
  return deadlinesFrom(terms, now < currentEnd ? currentEnd : now);
}

function mustParse(text: string): CalendarDuration {
  const duration = parseDuration(text);
  if (!duration) throw new Error(`not a duration: ${text}`);
  return duration;
}
