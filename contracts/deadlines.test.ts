import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  deadlinesFrom,
  isWholeDays,
  parseDuration,
  renewedDeadlines,
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

describe('deadlinesFrom', () => {
  const terms = { interval: 'P1Y', renewalWindow: 'P30D', reminder: 'P45D' };

  test('a period of whole days begins and ends at 00:00 UTC', () => {
    expect(deadlinesFrom(terms, new Date('2026-06-15T17:30:00.000Z'))).toEqual({
      startsAt: new Date('2026-06-15T00:00:00.000Z'),
      remindAt: new Date('2027-05-01T00:00:00.000Z'),
      renewalOpensAt: new Date('2027-05-16T00:00:00.000Z'),
      endsAt: new Date('2027-06-15T00:00:00.000Z'),
    });
  });

  test('a shorter period begins at once', () => {
    const start = new Date('2026-06-15T17:30:00.123Z');
    const { startsAt, endsAt } = deadlinesFrom({ interval: 'PT20S', renewalWindow: 'PT10S', reminder: 'PT15S' }, start);
    expect([iso(startsAt), iso(endsAt)]).toEqual(['2026-06-15T17:30:00.123Z', '2026-06-15T17:30:20.123Z']);
  });

  test('a template with a duration that is none is a bug', () => {
    expect(() => deadlinesFrom({ ...terms, interval: 'soon' }, new Date(0))).toThrow('not a duration: soon');
  });

  test('reminder and window lie inside the period, whatever the terms', () => {
    const anyTerms = fc.record({
      interval: days.map((count) => `P${count}D`),
      renewalWindow: days.map((count) => `P${count}D`),
      reminder: days.map((count) => `PT${count}H`),
    });
    fc.assert(
      fc.property(anyTerms, instant, (of, start) => {
        const { startsAt, remindAt, renewalOpensAt, endsAt } = deadlinesFrom(of, start);
        for (const between of [remindAt, renewalOpensAt]) {
          expect(between.getTime()).toBeGreaterThanOrEqual(startsAt.getTime());
          expect(between.getTime()).toBeLessThan(endsAt.getTime());
        }
        expect(startsAt.getTime()).toBeLessThanOrEqual(start.getTime());
        expect(start.getTime()).toBeLessThan(endsAt.getTime());
      }),
    );
  });
});

describe('renewedDeadlines', () => {
  const terms = { interval: 'P90D', renewalWindow: 'P10D', reminder: 'P20D' };
  const end = new Date('2026-06-01T00:00:00.000Z');

  test('early, the new period begins where the old one ends', () => {
    expect(renewedDeadlines(terms, end, new Date('2026-05-25T12:00:00.000Z')).startsAt).toEqual(end);
  });

  test('from the end on, it begins on the day of the renewal', () => {
    expect(renewedDeadlines(terms, end, end).startsAt).toEqual(end);
    expect(iso(renewedDeadlines(terms, end, new Date('2026-07-03T09:00:00.000Z')).startsAt)).toBe(
      '2026-07-03T00:00:00.000Z',
    );
  });

  test('a renewal never shortens, and always ends in the future', () => {
    fc.assert(
      fc.property(instant, instant, (currentEnd, now) => {
        const { endsAt } = renewedDeadlines(terms, startOfUtcDay(currentEnd), now);
        expect(endsAt.getTime()).toBeGreaterThan(startOfUtcDay(currentEnd).getTime());
        expect(endsAt.getTime()).toBeGreaterThan(now.getTime());
      }),
    );
  });
});
