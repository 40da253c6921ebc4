/** What `npm run simulate` says of an account is what the workflow lives: the same happenings at the same minutes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventType, EndOfLifeAction } from '../../contracts/lifecycle.ts';
import { END_OF_LIFE_ACTIONS } from '../../contracts/lifecycle.ts';
import { liveOut, type Happening } from '../../infra/simulation/life.ts';
import { rulesOf } from '../../infra/simulation/population.ts';
import { sampleTemplate, type TemplateParts } from '../support/fake-activities.ts';
import { createHarness, type Harness, type Story } from '../support/lifecycle-harness.ts';
import { liveYears, noticesAsked, type Owner } from '../support/lived-years.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEARS_MS = 3 * 365 * DAY_MS;
const APPROVAL_MS = 2 * DAY_MS + 5 * HOUR_MS;

/** When the owner acts, in its window, after the end, or never. */
const OWNERS: Readonly<Record<string, Owner['actsAt']>> = {
  early: ({ opensAt }) => new Date(+opensAt + 3 * DAY_MS + 7 * HOUR_MS + 60_000),
  late: ({ endsAt }) => new Date(+endsAt + 9 * DAY_MS + 7 * HOUR_MS + 60_000),
  never: () => null,
};

const INTERVALS: Readonly<Record<EndOfLifeAction, string>> = {
  review: 'P1Y',
  disable: 'P180D',
  expire: 'P6M',
  delete: 'P1Y',
};

function partsOf(endOfLife: EndOfLifeAction): TemplateParts {
  const notices = {
    whenRenewalOpens: true,
    remindEvery: 'P5D',
    urgentEvery: 'PT12H',
    urgentWithin: 'P2D',
    tellAdministrators: false,
    stopAfter: 'P20D',
  };
  return { lifecycle: { intervals: [INTERVALS[endOfLife]], renewalWindow: 'P30D', notices, endOfLife } };
}

const minute = (instant: string | number): string => new Date(instant).toISOString().slice(0, 16);

/** The events that the simulation tells too. */
const TOLD: readonly EventType[] = ['provisioned', 'renewal-requested', 'renewed', 'retired'];

/** What happened to the workflow, as the simulation would say it. */
function happened(story: Story, harness: Harness): string[] {
  const events = story.recorded().filter(({ type }) => TOLD.includes(type));
  const notices = noticesAsked(harness.fakes).filter(({ kind }) =>
    /^(?:ended|renewal-.*|retirement-begun)$/.test(kind),
  );
  return [
    ...events.map(({ at, type }) => `${minute(at)} ${type}`),
    ...notices.map(({ dueAt, kind }) => `${minute(dueAt)} ${kind}`),
  ].sort();
}

function simulated(endOfLife: EndOfLifeAction, actsAt: Owner['actsAt'], bornAt: Date, until: Date): string[] {
  const template = sampleTemplate(partsOf(endOfLife));
  return liveOut({
    rules: rulesOf(template, INTERVALS[endOfLife]),
    bornAt,
    until,
    actsAt: ({ renewalOpensAt, endsAt }) => actsAt({ opensAt: renewalOpensAt, endsAt }),
    approvalMs: APPROVAL_MS,
  })
    .map(({ at, kind }: Happening) => `${minute(at.getTime())} ${kind}`)
    .sort();
}

describe.each(END_OF_LIFE_ACTIONS)('%s', (endOfLife) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
  });
  afterAll(() => harness.close());

  test.each(Object.keys(OWNERS))('the owner acts %s', async (when) => {
    const story = await harness.story(partsOf(endOfLife));
    const actsAt = OWNERS[when]!;
    let untilMs = 0;
    await liveYears(story, { actsAt, approvalMs: APPROVAL_MS }, ({ startsAt }) => {
      untilMs = Date.parse(startsAt!) + YEARS_MS + 4 * HOUR_MS;
      return untilMs;
    });
    const bornAt = new Date(story.recorded().find(({ type }) => type === 'provisioned')!.at);
    expect(happened(story, harness)).toEqual(simulated(endOfLife, actsAt, bornAt, new Date(untilMs)));
  });
});
