import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isWholeDays,
  lastDayOf,
  parseDuration,
  periodFrom,
  periodUntil,
  renewedPeriod,
  shift,
  startOfUtcDay,
  type CalendarDuration,
} from './deadlines.ts';

const DAY_MS = 86_400_000;
const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
const days = fc.integer({ min: 1, max: 4_000 });
const iso = (date: Date): string => date.toISOString();
const duration = (text: string): CalendarDuration => parseDuration(text)!;

describe('parseDuration', () => {
  test.each([
    ['P1Y', { years: 1 }],
    ['P18M', { months: 18 }],
    ['P90D', { days: 90 }],
    ['PT20S', { seconds: 20 }],
    ['P1Y2M3DT4H5M6S', { years: 1, months: 2, days: 3, hours: 4, minutes: 5, seconds: 6 }],
  ])('%s', (text, parts) => {
    const nothing = { years: 0, months: 0, days: 0, hours: 0, minutes: 0, seconds: 0 };
    expect(parseDuration(text)).toEqual({ ...nothing, ...parts });
  });

  test.each([
    '',
    'P',
    'PT',
    'P1',
    '1Y',
    'P1W',
    'P-1D',
    'P0D',
    'PT0S',
    'P1.5Y',
    'P1YT',
    'p1y',
    'P1D1Y',
    ' P1D',
    'P1D ',
    'P99999Y',
  ])('%j is no duration', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('whole days are those without a time of day', () => {
    expect(['P1Y', 'P1M', 'P1D'].map((text) => isWholeDays(duration(text)))).toEqual([true, true, true]);
    expect(['PT1H', 'P1DT1M', 'PT1S'].map((text) => isWholeDays(duration(text)))).toEqual([false, false, false]);
  });
});

describe('shift', () => {
  test.each([
    ['2027-01-31T00:00:00.000Z', 'P1M', 1, '2027-02-28T00:00:00.000Z'],
    ['2028-01-31T12:34:56.789Z', 'P1M', 1, '2028-02-29T12:34:56.789Z'],
    ['2028-02-29T00:00:00.000Z', 'P1Y', 1, '2029-02-28T00:00:00.000Z'],
    ['2028-02-29T00:00:00.000Z', 'P4Y', 1, '2032-02-29T00:00:00.000Z'],
    ['2027-03-31T00:00:00.000Z', 'P1M', -1, '2027-02-28T00:00:00.000Z'],
    ['2027-01-01T00:00:00.000Z', 'P1D', -1, '2026-12-31T00:00:00.000Z'],
    ['2026-12-31T23:59:59.000Z', 'PT1S', 1, '2027-01-01T00:00:00.000Z'],
    ['2027-12-15T00:00:00.000Z', 'P1M1D', 1, '2028-01-16T00:00:00.000Z'],
    ['2026-03-29T00:00:00.000Z', 'PT24H', 1, '2026-03-30T00:00:00.000Z'],
  ] as const)('%s, %s, %i', (from, text, sign, expected) => {
    expect(iso(shift(new Date(from), duration(text), sign))).toBe(expected);
  });

  test('days are days of 24 hours, and come back', () => {
    fc.assert(
      fc.property(instant, days, (from, count) => {
        const there = shift(from, duration(`P${count}D`));
        expect(there.getTime() - from.getTime()).toBe(count * DAY_MS);
        expect(shift(there, duration(`P${count}D`), -1)).toEqual(from);
      }),
    );
  });

  test('months keep the day of the month, or take the last one there is', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 600 }), (from, count) => {
        const there = shift(from, duration(`P${count}M`));
        const months = (date: Date): number => date.getUTCFullYear() * 12 + date.getUTCMonth();
        expect(months(there) - months(from)).toBe(count);
        const last = new Date(Date.UTC(there.getUTCFullYear(), there.getUTCMonth() + 1, 0)).getUTCDate();
        expect(there.getUTCDate()).toBe(Math.min(from.getUTCDate(), last));
        expect(there.getTime() - startOfUtcDay(there).getTime()).toBe(from.getTime() - startOfUtcDay(from).getTime());
      }),
    );
  });

  test('a later start never ends earlier', () => {
    fc.assert(
      fc.property(instant, instant, fc.constantFrom('P1M', 'P1Y', 'P1Y1M', 'P30D', 'PT1S'), (a, b, text) => {
        const [early, late] = a < b ? [a, b] : [b, a];
        // Clamping takes up to three days of two starts at the end of a month.
        const slackMs = text.includes('M') || text.includes('Y') ? 3 * DAY_MS : 0;
        expect(shift(late, duration(text)).getTime()).toBeGreaterThanOrEqual(
          shift(early, duration(text)).getTime() - slackMs,
        );
      }),
    );
  });
});

const TERMS = { interval: 'P1Y', renewalWindow: 'P30D' };
const D = (text: string): Date => new Date(text.length === 10 ? `${text}T00:00:00.000Z` : text);

describe('periodFrom', () => {
  test.each([
    // From, interval, window → starts, opens, ends.
    ['2026-06-15T17:30:00.000Z', 'P1Y', 'P30D', '2026-06-15', '2027-05-16', '2027-06-15'],
    ['2027-01-31', 'P1M', 'P7D', '2027-01-31', '2027-02-21', '2027-02-28'],
    ['2028-01-31', 'P1M', 'P7D', '2028-01-31', '2028-02-22', '2028-02-29'],
    ['2028-02-29', 'P1Y', 'P1M', '2028-02-29', '2029-01-28', '2029-02-28'],
    ['2028-02-29T23:59:59.999Z', 'P4Y', 'P1Y', '2028-02-29', '2031-02-28', '2032-02-29'],
    ['2027-03-31', 'P3M', 'P1M', '2027-03-31', '2027-05-30', '2027-06-30'],
    ['2026-12-31', 'P90D', 'P90D', '2026-12-31', '2026-12-31', '2027-03-31'],
    ['2027-11-30', 'P3M', 'P14D', '2027-11-30', '2028-02-15', '2028-02-29'],
    ['2099-12-31', 'P100Y', 'P1D', '2099-12-31', '2199-12-30', '2199-12-31'],
  ])('from %s for %s, window %s', (from, interval, renewalWindow, startsAt, renewalOpensAt, endsAt) => {
    expect(periodFrom({ interval, renewalWindow }, D(from))).toEqual({
      startsAt: D(startsAt),
      renewalOpensAt: D(renewalOpensAt),
      endsAt: D(endsAt),
    });
  });

  test('a shorter period begins at once', () => {
    const start = new Date('2026-06-15T17:30:00.123Z');
    const { startsAt, renewalOpensAt, endsAt } = periodFrom({ interval: 'PT20S', renewalWindow: 'PT10S' }, start);
    expect([startsAt, renewalOpensAt, endsAt].map(iso)).toEqual([
      '2026-06-15T17:30:00.123Z',
      '2026-06-15T17:30:10.123Z',
      '2026-06-15T17:30:20.123Z',
    ]);
  });

  test('a template with a duration that is none is a bug', () => {
    expect(() => periodFrom({ ...TERMS, interval: 'soon' }, new Date(0))).toThrow('not a duration: soon');
    expect(() => periodFrom({ ...TERMS, renewalWindow: 'P' }, new Date(0))).toThrow('not a duration: P');
  });

  test('the window opens inside the period, whatever the terms', () => {
    const anyTerms = fc.record({
      interval: days.map((count) => `P${count}D`),
      renewalWindow: fc.oneof(
        days.map((count) => `P${count}D`),
        days.map((count) => `PT${count}H`),
      ),
    });
    fc.assert(
      fc.property(anyTerms, instant, (terms, start) => {
        const { startsAt, renewalOpensAt, endsAt } = periodFrom(terms, start);
        expect(renewalOpensAt.getTime()).toBeGreaterThanOrEqual(startsAt.getTime());
        expect(renewalOpensAt.getTime()).toBeLessThan(endsAt.getTime());
        expect(startsAt.getTime()).toBeLessThanOrEqual(start.getTime());
        expect(startsAt).toEqual(startOfUtcDay(startsAt));
        expect(endsAt).toEqual(startOfUtcDay(endsAt));
      }),
    );
  });
});

describe('renewedPeriod', () => {
  const terms = { interval: 'P90D', renewalWindow: 'P10D' };
  const end = D('2026-06-01');

  test('early, the new period begins where the old one ends', () => {
    expect(renewedPeriod(terms, end, new Date('2026-05-25T12:00:00.000Z')).startsAt).toEqual(end);
  });

  test('from the end on, it begins on the day of the renewal', () => {
    expect(renewedPeriod(terms, end, end).startsAt).toEqual(end);
    expect(renewedPeriod(terms, end, new Date('2026-07-03T09:00:00.000Z')).startsAt).toEqual(D('2026-07-03'));
  });

  test('years of renewing at the last moment keep to the calendar', () => {
    let end = D('2028-02-29');
    const ends: string[] = [];
    for (let year = 0; year < 5; year += 1) {
      end = renewedPeriod(TERMS, end, new Date(end.getTime() - 1)).endsAt;
      ends.push(iso(end).slice(0, 10));
    }
    expect(ends).toEqual(['2029-02-28', '2030-02-28', '2031-02-28', '2032-02-28', '2033-02-28']);
  });

  test('a renewal never shortens, and always ends in the future', () => {
    fc.assert(
      fc.property(instant, instant, (currentEnd, now) => {
        const { endsAt } = renewedPeriod(terms, startOfUtcDay(currentEnd), now);
        expect(endsAt.getTime()).toBeGreaterThan(startOfUtcDay(currentEnd).getTime());
        expect(endsAt.getTime()).toBeGreaterThan(now.getTime());
      }),
    );
  });
});

describe('periodUntil', () => {
  const startsAt = D('2026-01-01');

  test.each([
    ['a date to come', '2026-09-30', '2026-06-15T12:00:00.000Z', '2026-09-30', '2026-08-31'],
    ['the next instant', '2026-06-15T12:00:00.001Z', '2026-06-15T12:00:00.000Z', '2026-06-15T12:00:00.001Z', null],
    ['now', '2026-06-15T12:00:00.000Z', '2026-06-15T12:00:00.000Z', '2026-06-16', null],
    ['yesterday', '2026-06-14', '2026-06-15T12:00:00.000Z', '2026-06-16', '2026-05-17'],
    ['a date before it began', '2025-01-01', '2026-01-10T12:00:00.000Z', '2026-01-11', '2026-01-01'],
    ["a past date, on New Year's Eve", '2026-06-14', '2026-12-31T23:59:59.999Z', '2027-01-01', '2026-12-02'],
    ['a past date, at midnight', '2026-06-14', '2026-12-31', '2027-01-01', null],
    ['a past date, before a leap day', '2026-06-14', '2028-02-28T01:00:00.000Z', '2028-02-29', null],
  ])('%s', (_what, endsAt, now, end, opens) => {
    const period = periodUntil(TERMS, startsAt, D(endsAt), D(now));
    expect([period.startsAt, period.endsAt]).toEqual([startsAt, D(end)]);
    if (opens !== null) expect(period.renewalOpensAt).toEqual(D(opens));
  });

  test('renewed early and moved to an end before the period that lies ahead: it begins today, and the window with it', () => {
    const period = periodUntil(TERMS, D('2027-01-01'), D('2026-07-10'), D('2026-06-15T12:00:00.000Z'));
    expect([period.startsAt, period.renewalOpensAt, period.endsAt].map(iso)).toEqual([
      '2026-06-15T00:00:00.000Z',
      '2026-06-15T00:00:00.000Z',
      '2026-07-10T00:00:00.000Z',
    ]);
  });

  test('it ends after now, within a day where the date is past', () => {
    fc.assert(
      fc.property(instant, instant, (endsAt, now) => {
        const end = periodUntil(TERMS, startsAt, endsAt, now).endsAt.getTime();
        expect(end).toBeGreaterThan(now.getTime());
        if (endsAt > now) expect(end).toBe(endsAt.getTime());
        else expect(end - now.getTime()).toBeLessThanOrEqual(DAY_MS);
      }),
    );
  });
});

/** AD's own reading (MS-ADTS §2.2.16, and what its console shows): an end at 00:00 is the end of the day before. */
test.each([
  ['2027-06-15', '2027-06-14'],
  ['2027-06-15T00:00:00.001Z', '2027-06-15'],
  ['2027-06-15T23:59:59.999Z', '2027-06-15'],
  ['2028-03-01', '2028-02-29'],
  ['2027-03-01', '2027-02-28'],
  ['2027-01-01', '2026-12-31'],
])('an account that ends at %s works until %s', (endsAt, lastDay) => {
  expect(lastDayOf(D(endsAt))).toBe(lastDay);
});
