/** Five years of a workflow's life: everything that people are told, each once, against an oracle of its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { END_OF_LIFE_ACTIONS, type EndOfLifeAction } from '../../contracts/lifecycle.ts';
import type { NoticeTerms } from '../../contracts/notices.ts';
import { createHarness, type Harness } from '../support/lifecycle-harness.ts';
import { liveYears, noticesAsked, type Owner } from '../support/lived-years.ts';
import { foretell, midnightOf, momentsOf, moved } from '../support/notice-oracle.ts';

const YEARS = 'P5Y';
const HOUR_MS = 3_600_000;
const PERIODS = { interval: 'P1Y', renewalWindow: 'P30D' };

/** When the owner acts: never at an instant at which something is due. */
const OWNERS: Readonly<Record<string, Owner['actsAt']>> = {
  acted: ({ opensAt }) => new Date(+opensAt + 73 * HOUR_MS),
  ignored: () => null,
  'acted late': ({ endsAt }) => new Date(+endsAt + (20 * 24 + 1) * HOUR_MS),
};

const NOTHING: NoticeTerms = {
  whenRenewalOpens: false,
  remindEvery: null,
  urgentEvery: null,
  urgentWithin: null,
  tellAdministrators: false,
  stopAfter: null,
};

const TERMS: Readonly<Record<string, NoticeTerms>> = {
  'of the window only': { ...NOTHING, whenRenewalOpens: true },
  'weekly, urgent in the last days, and after the end': {
    whenRenewalOpens: true,
    remindEvery: 'P7D',
    urgentEvery: 'PT12H',
    urgentWithin: 'P2D',
    tellAdministrators: true,
    stopAfter: 'P3M',
  },
  'monthly, without the window': { ...NOTHING, remindEvery: 'P1M', stopAfter: 'P1Y' },
};

interface Life {
  readonly endOfLife: EndOfLifeAction;
  readonly terms: NoticeTerms;
  readonly actsAt: Owner['actsAt'];
}

/** A notice as a line; instants that the clock of the test does not know exactly are told as "about". */
const line = (kind: string, at: number, audiences: readonly string[]): string =>
  `${new Date(at).toISOString().slice(0, 16)} ${kind} ${audiences.join('+')}`;

/** The oracle: the periods one after the other, and what is told in each until it is renewed. */
function foretold({ endOfLife, terms, actsAt }: Life, bornMs: number, untilMs: number): string[] {
  const told: string[] = [];
  const facts = { renewalWindow: PERIODS.renewalWindow, endOfLife, terms };
  for (let starts = new Date(midnightOf(bornMs)); ;) {
    const ends = moved(starts, PERIODS.interval, 1);
    const moments = momentsOf(facts, starts, ends);
    const acts = endOfLife === 'delete' ? null : actsAt({ opensAt: new Date(moments.opens), endsAt: ends });
    const leaves = Math.min(acts?.getTime() ?? Infinity, untilMs);
    const mine = foretell(facts, moments).filter(({ at }) => at <= leaves);
    told.push(...mine.map(({ kind, at, audiences }) => line(kind, at, audiences)));
    if (+ends <= leaves) told.push(line('ended', +ends, ['owners']));
    if (endOfLife === 'delete') return [...told, line('retirement-begun', +ends, ['owners'])].sort();
    if (acts === null || acts.getTime() >= untilMs) return told.sort();
    if (endOfLife === 'expire') told.push(line('approval-needed', acts.getTime(), ['open-step']));
    starts = acts < ends ? ends : new Date(midnightOf(acts.getTime()));
  }
}

/** What the request brought, which the oracle of the years leaves out. */
const OF_THE_REQUEST = ['approval-needed', 'request-approved', 'provisioned'];

describe.each(END_OF_LIFE_ACTIONS)('%s', (endOfLife) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
  });
  afterAll(() => harness.close());

  const cells = Object.entries(OWNERS).flatMap(([acts, actsAt]) =>
    Object.entries(TERMS).map(([when, terms]) => ({ acts, when, life: { endOfLife, terms, actsAt } })),
  );

  test.each(cells)('$acts, told $when', async ({ life }) => {
    const story = await harness.story({
      lifecycle: {
        intervals: [PERIODS.interval],
        renewalWindow: PERIODS.renewalWindow,
        endOfLife,
        notices: life.terms,
      },
    });
    const untilOf = ({ startsAt }: Account): number => +moved(new Date(startsAt!), YEARS, 1) - HOUR_MS;
    const born = await liveYears(story, { actsAt: life.actsAt, approvalMs: 0 }, untilOf);
    const asked = noticesAsked(harness.fakes);
    const keys = asked.map(({ kind, dueAt }) => `${kind} ${dueAt}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(asked.slice(0, 3).map(({ kind }) => kind)).toEqual(OF_THE_REQUEST);
    const told = asked.slice(3).map(({ kind, dueAt, audiences }) => line(kind, Date.parse(dueAt), audiences));
    expect(told.sort()).toEqual(foretold(life, Date.parse(born.startsAt!), untilOf(born)));
  });
});
