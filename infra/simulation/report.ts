/** What the years of a population add up to: work by month, notices by person, cliffs, overloaded approvers. */
import { NOTICE_KINDS } from '../../contracts/notices.ts';
import type { Template } from '../../contracts/template.ts';
import type { SimulatedAccount } from './population.ts';

export interface MonthOfWork {
  /** `2027-03`, UTC. */
  readonly month: string;
  readonly renewals: number;
  readonly ends: number;
  readonly retirements: number;
  readonly notices: number;
}

export interface PersonsNotices {
  readonly person: string;
  readonly accounts: number;
  readonly notices: number;
  readonly busiestDay: string;
  readonly onBusiestDay: number;
}

/** A UTC day on which unusually many accounts end at once. */
export interface Cliff {
  readonly day: string;
  readonly ends: number;
}

export interface ApproversLoad {
  /** A user's name, or `group …`. */
  readonly approver: string;
  readonly decisions: number;
  readonly busiestMonth: string;
  readonly inBusiestMonth: number;
  readonly overloaded: boolean;
}

export interface SimulationReport {
  readonly accounts: number;
  readonly months: readonly MonthOfWork[];
  readonly people: readonly PersonsNotices[];
  readonly cliffs: readonly Cliff[];
  readonly approvers: readonly ApproversLoad[];
}

export interface ReportLimits {
  /** A day is a cliff when more accounts end on it. Null: three times the mean of days on which any ends, at least 10. */
  readonly cliff: number | null;
  /** An approver is overloaded by more decisions in a month. */
  readonly decisionsPerMonth: number;
}

/** Adds up the accounts, which are read once. */
export function report(
  accounts: Iterable<SimulatedAccount>,
  { approval }: Pick<Template, 'approval'>,
  limits: ReportLimits,
): SimulationReport {
  const months = new Map<string, Omit<Mutable<MonthOfWork>, 'month'>>();
  const people = new Map<string, { accounts: number; days: Map<string, number> }>();
  const ends = new Map<string, number>();
  const rounds = new Map<string, number>();
  let count = 0;
  for (const { owner, happenings } of accounts) {
    count += 1;
    const person = found(people, owner, () => ({ accounts: 0, days: new Map<string, number>() }));
    person.accounts += 1;
    for (const { at, kind } of happenings) {
      const day = at.toISOString().slice(0, 10);
      const month = found(months, day.slice(0, 7), () => ({ renewals: 0, ends: 0, retirements: 0, notices: 0 }));
      if (kind === 'renewed') month.renewals += 1;
      if (kind === 'renewal-requested') add(rounds, day.slice(0, 7));
      if (kind === 'retired') month.retirements += 1;
      if (kind === 'ended') {
        month.ends += 1;
        add(ends, day);
      }
      if (isNotice(kind)) {
        month.notices += 1;
        add(person.days, day);
      }
    }
  }
  return {
    accounts: count,
    months: sortedBy(
      [...months].map(([month, work]) => ({ month, ...work })),
      ({ month }) => month,
    ),
    people: [...people].map(noticesOf).sort((a, b) => b.notices - a.notices || (a.person < b.person ? -1 : 1)),
    cliffs: cliffsOf(ends, limits.cliff),
    approvers: loadsOf(rounds, approval, limits.decisionsPerMonth),
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NOTICES: ReadonlySet<string> = new Set(NOTICE_KINDS);

function isNotice(kind: string): boolean {
  return NOTICES.has(kind);
}

function noticesOf([person, { accounts, days }]: [string, { accounts: number; days: Map<string, number> }]) {
  const [busiestDay, onBusiestDay] = greatest(days);
  return { person, accounts, notices: sum(days), busiestDay, onBusiestDay };
}

function cliffsOf(ends: ReadonlyMap<string, number>, given: number | null): Cliff[] {
  const limit = given ?? Math.max(10, (3 * sum(ends)) / Math.max(ends.size, 1));
  const cliffs = [...ends].filter(([, count]) => count > limit).map(([day, count]) => ({ day, ends: count }));
  return sortedBy(cliffs, ({ day }) => day);
}

/** Each round asks every step's approvers; as many as the quorum decide, and they share the work evenly. */
function loadsOf(rounds: ReadonlyMap<string, number>, { steps }: Template['approval'], limit: number): ApproversLoad[] {
  const shares = new Map<string, number>();
  for (const { approvers, quorum } of steps) {
    const asked = [...approvers.users, ...approvers.groups.map((group) => `group ${group}`)];
    for (const approver of asked) add(shares, approver, quorum / asked.length);
  }
  return [...shares].map(([approver, share]) => {
    const load = new Map([...rounds].map(([month, count]) => [month, Math.ceil(count * share)]));
    const [busiestMonth, inBusiestMonth] = greatest(load);
    return { approver, decisions: sum(load), busiestMonth, inBusiestMonth, overloaded: inBusiestMonth > limit };
  });
}

function found<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function add(map: Map<string, number>, key: string, amount = 1): void {
  map.set(key, (map.get(key) ?? 0) + amount);
}

function sum(map: ReadonlyMap<string, number>): number {
  return [...map.values()].reduce((total, value) => total + value, 0);
}

function greatest(map: ReadonlyMap<string, number>): [string, number] {
  return [...map].reduce((most, entry) => (entry[1] > most[1] ? entry : most), ['', 0]);
}

function sortedBy<T>(items: T[], key: (item: T) => string): T[] {
  return items.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
