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

/** The parts of a period's rules that a template and a request say; every string is an ISO 8601 duration. */
export interface PeriodTerms {
  readonly interval: string;
  /** How long before the end renewal opens. */
  readonly renewalWindow: string;
}

export interface Period {
  readonly startsAt: Date;
  readonly renewalOpensAt: Date;
  /** The first instant at which the account is no longer good. For whole days: 00:00 UTC after the last day it works. */
  readonly endsAt: Date;
}

/**
 * The period that begins at `start`. One of whole days begins at 00:00 UTC of that day; a shorter one begins at the
 * instant itself. The window never opens before the start.
 * Throws a plain Error on a duration that does not parse: templates are checked before they are stored.
 */
export function periodFrom(terms: PeriodTerms, start: Date): Period {
  const interval = mustParse(terms.interval);
  const startsAt = isWholeDays(interval) ? startOfUtcDay(start) : start;
  return windowed(terms, startsAt, shift(startsAt, interval));
}

/**
 * The period after a renewal at `now`: it begins where the old one ends, so renewing early loses nothing; a renewal after
 * the end begins now.
 */
export function renewedPeriod(terms: PeriodTerms, currentEnd: Date, now: Date): Period {
  return periodFrom(terms, now < currentEnd ? currentEnd : now);
}

/**
 * The period of an account that is moved to another end date. A date that is past ends it at the next 00:00 UTC after
 * `now`, so that nobody's account stops in the middle of a day. Where it was renewed early and the date is before the
 * period that lies ahead, the period begins today instead: its window must not open after its end.
 */
export function periodUntil(terms: PeriodTerms, startsAt: Date, endsAt: Date, now: Date): Period {
  const today = startOfUtcDay(now);
  const end = endsAt > now ? endsAt : shift(today, parseDuration('P1D')!);
  return windowed(terms, startsAt < end ? startsAt : today, end);
}

function windowed(terms: PeriodTerms, startsAt: Date, endsAt: Date): Period {
  const opensAt = shift(endsAt, mustParse(terms.renewalWindow), -1);
  return { startsAt, renewalOpensAt: opensAt < startsAt ? startsAt : opensAt, endsAt };
}

/**
 * The last UTC day on which an account works that ends at `endsAt`, as `2026-01-31`: the end of a day is 00:00 of the next
 * (so reads AD `accountExpires` too, MS-ADTS §2.2.16).
 */
export function lastDayOf(endsAt: Date): string {
  return new Date(endsAt.getTime() - 1).toISOString().slice(0, 10);
}

/** The parsed duration of a text that was checked before. Throws a plain Error when it does not parse. */
export function mustParse(text: string): CalendarDuration {
  const duration = parseDuration(text);
  if (!duration) throw new Error(`not a duration: ${text}`);
  return duration;
}
