/** A population of accounts and of people who answer for them, drawn from a seed: the same seed is the same population. */
import { mustParse, shift, type Period } from '../../contracts/deadlines.ts';
import type { Template } from '../../contracts/template.ts';
import { liveOut, type Happening, type LifeRules } from './life.ts';

export interface PopulationPlan {
  readonly template: Template;
  readonly accounts: number;
  /** How many people own them. Some own many, most own few. */
  readonly owners: number;
  /** The first day, 00:00 UTC. The accounts were provisioned over the interval before it. */
  readonly begin: Date;
  readonly end: Date;
  /** The shares of renewals that come after the end date, and that never come. */
  readonly lateShare: number;
  readonly forgottenShare: number;
  readonly seed: number;
}

export interface SimulatedAccount {
  readonly owner: string;
  /** What happened to it from `begin` on. */
  readonly happenings: readonly Happening[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** An approval of a renewal takes up to this long. */
const LONGEST_APPROVAL_MS = 5 * DAY_MS;
/** Who renews late does so within this time after the end. */
const LATEST_MS = 30 * DAY_MS;

/** The accounts one after the other: a report needs no more than one of them at a time. */
export function* populate(plan: PopulationPlan): Generator<SimulatedAccount> {
  const random = createRandom(plan.seed);
  for (let number = 0; number < plan.accounts; number += 1) yield simulate(plan, random);
}

function simulate(plan: PopulationPlan, random: () => number): SimulatedAccount {
  const { intervals } = plan.template.lifecycle;
  const rules = rulesOf(plan.template, intervals[Math.floor(random() * intervals.length)]!);
  const happenings = liveOut({
    rules,
    bornAt: bornBefore(plan.begin, rules, random),
    until: plan.end,
    actsAt: (period) => whenActs(period, plan, random),
    approvalMs: Math.floor(random() * LONGEST_APPROVAL_MS),
  });
  return { owner: ownerOf(plan.owners, random), happenings: happenings.filter(({ at }) => at >= plan.begin) };
}

/** What a template says of a life with one of its intervals. */
export function rulesOf({ lifecycle }: Template, interval: string): LifeRules {
  const { renewalWindow, endOfLife, notices } = lifecycle;
  return { interval, renewalWindow, endOfLife, notices };
}

/** An instant within the first period's length before `begin`, so that ends are spread as births were. */
function bornBefore(begin: Date, { interval }: LifeRules, random: () => number): Date {
  const length = lengthMs(interval, begin);
  return new Date(begin.getTime() - Math.floor(random() * length));
}

function lengthMs(interval: string, from: Date): number {
  return shift(from, mustParse(interval)).getTime() - from.getTime();
}

function whenActs({ renewalOpensAt, endsAt }: Period, plan: PopulationPlan, random: () => number): Date | null {
  const [draw, share] = [random(), random()];
  if (draw < plan.forgottenShare) return null;
  if (draw < plan.forgottenShare + plan.lateShare) return new Date(endsAt.getTime() + Math.floor(share * LATEST_MS));
  const window = endsAt.getTime() - renewalOpensAt.getTime();
  return new Date(renewalOpensAt.getTime() + Math.floor(share * window));
}

/** The square of a draw: a few people own many accounts. */
function ownerOf(owners: number, random: () => number): string {
  const number = Math.floor(random() ** 2 * owners) + 1;
  return `owner-${String(number).padStart(String(owners).length, '0')}`;
}

/** A generator of numbers in [0, 1) from a seed (mulberry32, by Tommy Ettinger, public domain). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
