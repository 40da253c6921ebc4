/**
 * What a period's notices are, said without the code under test and in another way: every sixth hour of the period is
 * looked at, and whether something is told then. Holds for terms whose instants are all at a sixth hour.
 */
import type { EndOfLifeAction } from '../../contracts/lifecycle.ts';
import type { NoticeTerms } from '../../contracts/notices.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What is said of a period; durations are P…D, P…M, P…Y or PT…H. */
export interface PeriodFacts {
  readonly renewalWindow: string;
  readonly endOfLife: EndOfLifeAction;
  readonly terms: NoticeTerms;
}

/** The instants of one period, in milliseconds since the epoch. */
export interface Moments {
  readonly starts: number;
  readonly opens: number;
  readonly urgent: number;
  readonly ends: number;
  /** The last instant at which something is told. */
  readonly stops: number;
}

export interface Foretold {
  readonly kind: 'renewal-opened' | 'renewal-reminder' | 'renewal-urgent' | 'renewal-overdue';
  readonly at: number;
  readonly audiences: readonly string[];
}

export function momentsOf({ renewalWindow, endOfLife, terms }: PeriodFacts, starts: Date, ends: Date): Moments {
  const { urgentWithin, stopAfter } = terms;
  const opens = latest(starts, moved(ends, renewalWindow, -1));
  const urgent = urgentWithin === null ? ends : latest(opens, moved(ends, urgentWithin, -1));
  const goesOn = stopAfter !== null && endOfLife !== 'delete';
  const stops = goesOn ? moved(ends, stopAfter, 1) : ends;
  return { starts: +starts, opens: +opens, urgent: +urgent, ends: +ends, stops: +stops };
}

/** Everything that is told of a period that nobody renews, in order of time. */
export function foretell({ terms }: Pick<PeriodFacts, 'terms'>, moments: Moments): Foretold[] {
  const told: Foretold[] = [];
  for (let at = moments.opens; at <= moments.stops; at += 6 * HOUR_MS) {
    const kind = kindAt(terms, moments, at);
    if (kind === undefined) continue;
    const others = kind !== 'renewal-opened' && terms.tellAdministrators ? ['administrators'] : [];
    told.push({ kind, at, audiences: ['owners', ...others] });
  }
  return told;
}

function kindAt(terms: NoticeTerms, { opens, urgent, ends, stops }: Moments, t: number): Foretold['kind'] | undefined {
  if (t < opens || t > stops) return undefined;
  if (t === opens && terms.whenRenewalOpens) return 'renewal-opened';
  if (t < urgent) return isCounted(terms.remindEvery, opens, t) ? 'renewal-reminder' : undefined;
  if (t < ends) return t === urgent || isCounted(terms.urgentEvery, urgent, t) ? 'renewal-urgent' : undefined;
  return isCounted(terms.remindEvery, ends, t) ? 'renewal-overdue' : undefined;
}

const latest = (a: Date, b: Date): Date => (a > b ? a : b);
const monthOf = (date: Date): number => date.getUTCFullYear() * 12 + date.getUTCMonth();
const daysIn = (date: Date): number =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();

/** `from` moved by a text such as P30D, P1M, P1Y or PT6H. */
export function moved(from: Date, text: string, sign: 1 | -1): Date {
  if (text.startsWith('PT')) return new Date(from.getTime() + sign * parseInt(text.slice(2)) * HOUR_MS);
  const count = sign * parseInt(text.slice(1));
  const unit = text.at(-1);
  const there = new Date(from);
  if (unit === 'D') {
    there.setUTCDate(there.getUTCDate() + count);
    return there;
  }
  there.setUTCDate(1);
  there.setUTCMonth(there.getUTCMonth() + (unit === 'Y' ? 12 * count : count));
  there.setUTCDate(Math.min(from.getUTCDate(), daysIn(there)));
  return there;
}

/** 00:00 UTC of the day of an instant, both in milliseconds since the epoch. */
export function midnightOf(instantMs: number): number {
  return instantMs - (((instantMs % DAY_MS) + DAY_MS) % DAY_MS);
}

/** Whether `t` is one, two, three … of the durations P…D, P…M or PT…H after `from`. */
function isCounted(text: string | null, from: number, t: number): boolean {
  if (text === null || t <= from) return false;
  const isHours = text.startsWith('PT');
  if (isHours || text.endsWith('D')) {
    const hours = isHours ? parseInt(text.slice(2)) : 24 * parseInt(text.slice(1));
    return (t - from) % (hours * HOUR_MS) === 0;
  }
  if ((t - from) % DAY_MS !== 0) return false;
  const [first, then] = [new Date(from), new Date(t)];
  const isSameDay = then.getUTCDate() === Math.min(first.getUTCDate(), daysIn(then));
  return isSameDay && (monthOf(then) - monthOf(first)) % parseInt(text.slice(1)) === 0;
}
