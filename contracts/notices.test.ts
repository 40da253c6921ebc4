import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { periodFrom, renewedPeriod, type Period } from './deadlines.ts';
import { END_OF_LIFE_ACTIONS, type EndOfLifeAction } from './lifecycle.ts';
import { foretell, midnightOf, momentsOf, moved } from '../test/support/notice-oracle.ts';
import { nextNotice, type Notice, type NoticeFacts, type NoticeTerms } from './notices.ts';

const HOUR_MS = 3_600_000;

const NO_NOTICES: NoticeTerms = {
  whenRenewalOpens: false,
  remindEvery: null,
  urgentEvery: null,
  urgentWithin: null,
  tellAdministrators: false,
  stopAfter: null,
};

function factsOf(terms: NoticeTerms, endOfLife: EndOfLifeAction, { renewalOpensAt, endsAt }: Period): NoticeFacts {
  return { terms, endOfLife, renewalOpensAt: renewalOpensAt.toISOString(), endsAt: endsAt.toISOString() };
}

function allNotices(facts: NoticeFacts): Notice[] {
  const all: Notice[] = [];
  for (let next = nextNotice(facts, null); next; next = nextNotice(facts, next.dueAt)) all.push(next);
  return all;
}

describe('one period', () => {
  const at = (day: string): string => (day.length === 10 ? `${day}T00:00:00.000Z` : `${day}:00:00.000Z`);
  const facts = (terms: Partial<NoticeTerms>, endOfLife: EndOfLifeAction = 'disable'): NoticeFacts => ({
    terms: { ...NO_NOTICES, ...terms },
    endOfLife,
    renewalOpensAt: at('2028-02-15'),
    endsAt: at('2028-03-16'),
  });
  const told = (terms: Partial<NoticeTerms>, endOfLife?: EndOfLifeAction): string[] =>
    allNotices(facts(terms, endOfLife)).map(
      ({ kind, dueAt }) => `${kind.replace('renewal-', '')} ${dueAt.slice(0, 13)}`,
    );

  test.each<[string, Partial<NoticeTerms>, string[]]>([
    ['nothing', {}, []],
    ['the window', { whenRenewalOpens: true }, ['opened 2028-02-15T00']],
    [
      'every 10 days, over a leap day; none at the end itself',
      { remindEvery: 'P10D' },
      ['reminder 2028-02-25T00', 'reminder 2028-03-06T00'],
    ],
    [
      'every 12 hours in the last day instead of reminders',
      { whenRenewalOpens: true, remindEvery: 'P29D', urgentEvery: 'PT12H', urgentWithin: 'P1D' },
      ['opened 2028-02-15T00', 'urgent 2028-03-15T00', 'urgent 2028-03-15T12'],
    ],
    [
      'an urgent time longer than the window begins with it, and the opening is its first',
      { whenRenewalOpens: true, remindEvery: 'P1D', urgentEvery: 'P10D', urgentWithin: 'P90D' },
      ['opened 2028-02-15T00', 'urgent 2028-02-25T00', 'urgent 2028-03-06T00'],
    ],
    [
      'the same without a notice for the opening',
      { urgentEvery: 'P10D', urgentWithin: 'P90D' },
      ['urgent 2028-02-15T00', 'urgent 2028-02-25T00', 'urgent 2028-03-06T00'],
    ],
    [
      'after the end, until the very day on which they stop',
      { remindEvery: 'P20D', stopAfter: 'P40D' },
      ['reminder 2028-03-06T00', 'overdue 2028-04-05T00', 'overdue 2028-04-25T00'],
    ],
    ['no reminders: none after the end either', { stopAfter: 'P40D' }, []],
  ])('%s', (_what, terms, expected) => {
    expect(told(terms)).toEqual(expected);
  });

  test('what is deleted at its end is not overdue', () => {
    expect(told({ remindEvery: 'P20D', stopAfter: 'P40D' }, 'delete')).toEqual(['reminder 2028-03-06T00']);
  });

  test("months are counted from the window's opening: their ends do not creep", () => {
    const months = { ...facts({ remindEvery: 'P1M' }), renewalOpensAt: at('2027-12-31'), endsAt: at('2028-06-01') };
    expect(allNotices(months).map(({ dueAt }) => dueAt.slice(0, 10))).toEqual([
      '2028-01-31',
      '2028-02-29',
      '2028-03-31',
      '2028-04-30',
      '2028-05-31',
    ]);
  });

  test('reminders go to the owners, and to administrators where the template says so; the opening does not', () => {
    const terms = { whenRenewalOpens: true, remindEvery: 'P20D', stopAfter: 'P20D' };
    const audiences = (tellAdministrators: boolean) =>
      allNotices(facts({ ...terms, tellAdministrators })).map((notice) => notice.audiences);
    expect(audiences(false)).toEqual([['owners'], ['owners'], ['owners']]);
    const both = ['owners', 'administrators'];
    expect(audiences(true)).toEqual([['owners'], both, both]);
  });

  test('from any instant on, the same notices are left', () => {
    const terms = { whenRenewalOpens: true, remindEvery: 'P1M3D', urgentEvery: 'PT7H', urgentWithin: 'P2D' };
    const long = { ...facts({ ...terms, stopAfter: 'P1Y' }), renewalOpensAt: at('2027-01-31') };
    const all = allNotices(long);
    const instant = fc.date({ min: new Date('2027-01-01'), max: new Date('2029-06-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.oneof(instant, fc.constantFrom(...all.map(({ dueAt }) => new Date(dueAt)))), (after) => {
        const left = all.find(({ dueAt }) => Date.parse(dueAt) > after.getTime());
        expect(nextNotice(long, after.toISOString())).toEqual(left);
      }),
    );
  });
});

/** When the owner of the table below renews: 3 days after the window opened, 20 days after the end, never. */
const BEHAVIOURS = ['in time', 'late', 'never'] as const;
type Behaviour = (typeof BEHAVIOURS)[number];

interface Case {
  readonly interval: string;
  readonly renewalWindow: string;
  readonly endOfLife: EndOfLifeAction;
  readonly terms: NoticeTerms;
  readonly behaviour: Behaviour;
}

const START = new Date('2027-08-31T00:00:00.000Z');
const UNTIL = new Date('2032-08-31T00:00:00.000Z');

/** At no hour at which a notice can be due, so that nobody has to say which was first. */
function renewsAt({ endOfLife, behaviour }: Case, opensAt: Date, endsAt: Date): Date {
  if (behaviour === 'never' || endOfLife === 'delete') return UNTIL;
  return behaviour === 'in time'
    ? new Date(opensAt.getTime() + 73 * HOUR_MS)
    : new Date(endsAt.getTime() + (20 * 24 + 1) * HOUR_MS);
}

/** Five years as the workflow lives them: it asks for the next notice, again and again, and begins anew when renewed. */
function lived(of: Case): string[] {
  const told: string[] = [];
  let period = periodFrom(of, START);
  for (;;) {
    const facts = factsOf(of.terms, of.endOfLife, period);
    const renewedAt = renewsAt(of, period.renewalOpensAt, period.endsAt);
    for (let next = nextNotice(facts, null); next; next = nextNotice(facts, next.dueAt)) {
      if (Date.parse(next.dueAt) >= Math.min(renewedAt.getTime(), UNTIL.getTime())) break;
      told.push(`${next.dueAt} ${next.kind} ${next.audiences.join('+')}`);
    }
    if (renewedAt >= UNTIL) return told;
    period = renewedPeriod(of, period.endsAt, renewedAt);
  }
}

describe('five years of notices, against an oracle that walks them in steps of six hours', () => {
  const PERIODS = [
    ['P1Y', 'P30D'],
    ['P6M', 'P2M'],
    ['P90D', 'P90D'],
  ] as const;
  const URGENT = [
    [null, null],
    ['PT12H', 'P3D'],
    ['PT6H', 'P1M'],
    ['P1D', 'P90D'],
  ] as const;
  const cases = PERIODS.flatMap(([interval, renewalWindow]) =>
    END_OF_LIFE_ACTIONS.flatMap((endOfLife) =>
      [true, false].flatMap((whenRenewalOpens) =>
        [null, 'P7D', 'P1M'].flatMap((remindEvery) =>
          URGENT.flatMap(([urgentEvery, urgentWithin]) =>
            [true, false].flatMap((tellAdministrators) =>
              [null, 'P10D', 'P3M'].flatMap((stopAfter) =>
                BEHAVIOURS.map((behaviour): Case => {
                  const moments = { whenRenewalOpens, remindEvery, urgentEvery, urgentWithin };
                  const terms = { ...moments, tellAdministrators, stopAfter };
                  return { interval, renewalWindow, endOfLife, terms, behaviour };
                }),
              ),
            ),
          ),
        ),
      ),
    ),
  );

  const groups = PERIODS.flatMap(([interval]) =>
    END_OF_LIFE_ACTIONS.flatMap((endOfLife) =>
      BEHAVIOURS.map((behaviour) => [interval, endOfLife, behaviour] as const),
    ),
  );

  test.each(groups)('%s, %s, renewed %s', (interval, endOfLife, behaviour) => {
    const mine = cases.filter(
      (one) => one.interval === interval && one.endOfLife === endOfLife && one.behaviour === behaviour,
    );
    expect(mine).toHaveLength(2 * 3 * URGENT.length * 2 * 3);
    for (const one of mine) {
      const told = lived(one);
      expect(new Set(told).size).toBe(told.length);
      // Compared as text: what differs is told by the second comparison, which is slower by far.
      if (told.join() !== foretold(one).join()) expect([one, told]).toEqual([one, foretold(one)]);
    }
  });
});

/** The oracle's five years: period by period, what it foretells until the renewal. */
function foretold(of: Case): string[] {
  const told: string[] = [];
  let starts = START;
  for (;;) {
    const moments = momentsOf(of, starts, moved(starts, of.interval, 1));
    const renewed = renewsAt(of, new Date(moments.opens), new Date(moments.ends)).getTime();
    const mine = foretell(of, moments).filter(({ at }) => at < Math.min(renewed, UNTIL.getTime()));
    told.push(...mine.map(({ at, kind, audiences }) => `${new Date(at).toISOString()} ${kind} ${audiences.join('+')}`));
    if (renewed >= UNTIL.getTime()) return told;
    // A renewal after the end begins at 00:00 of that day: what was due since then is told at once.
    starts = new Date(renewed < moments.ends ? moments.ends : midnightOf(renewed));
  }
}
