import { expect, test } from 'vitest';
import { templateSchema, type Template } from '../../contracts/template.ts';
import { readFileSync } from 'node:fs';
import { liveOut, type Happening, type LifeRules } from './life.ts';
import { populate, type PopulationPlan } from './population.ts';
import { report } from './report.ts';
import { csvFiles } from './tables.ts';

const RULES: LifeRules = {
  interval: 'P1Y',
  renewalWindow: 'P30D',
  endOfLife: 'disable',
  notices: {
    whenRenewalOpens: true,
    remindEvery: 'P10D',
    urgentEvery: 'PT12H',
    urgentWithin: 'P1D',
    tellAdministrators: false,
    stopAfter: 'P20D',
  },
};
const BORN = new Date('2026-03-10T15:00:00.000Z');
const UNTIL = new Date('2028-01-01T00:00:00.000Z');

function lived(rules: Partial<LifeRules>, ...acts: (string | null)[]): string[] {
  return liveOut({
    rules: { ...RULES, ...rules },
    bornAt: BORN,
    until: UNTIL,
    actsAt: (_period, number) => (acts[number] ? new Date(acts[number]) : null),
    approvalMs: 60_000,
  }).map(({ at, kind }: Happening) => `${at.toISOString().slice(0, 16)} ${kind}`);
}

const FIRST_WINDOW = [
  '2026-03-10T15:00 provisioned',
  '2027-02-08T00:00 renewal-opened',
  '2027-02-18T00:00 renewal-reminder',
  '2027-02-28T00:00 renewal-reminder',
  '2027-03-09T00:00 renewal-urgent',
  '2027-03-09T12:00 renewal-urgent',
];

test('nobody acts: the account is disabled at its end, and reminders stop after their time', () => {
  expect(lived({})).toEqual([
    ...FIRST_WINDOW,
    '2027-03-10T00:00 ended',
    '2027-03-20T00:00 renewal-overdue',
    '2027-03-30T00:00 renewal-overdue',
  ]);
});

test('renewed inside the window: the rest of the notices stay away, the next period begins where this one ends', () => {
  expect(lived({}, '2027-02-20T08:00:00.000Z')).toEqual([...FIRST_WINDOW.slice(0, 3), '2027-02-20T08:00 renewed']);
});

test('renewed late: the new period begins then', () => {
  const happenings = lived({ interval: 'P180D' }, '2026-09-20T08:00:00.000Z');
  expect(happenings).toContain('2026-09-06T00:00 ended');
  expect(happenings).toContain('2026-09-20T08:00 renewed');
  // 180 days from 00:00 UTC of the day of the renewal.
  expect(happenings).toContain('2027-03-19T00:00 ended');
});

test('an owner who acts before the window is refused', () => {
  expect(lived({}, '2027-01-01T00:00:00.000Z')).toEqual(lived({}));
});

test('a renewal that needs approval counts when it is approved', () => {
  const happenings = lived({ endOfLife: 'expire' }, '2026-12-24T00:00:00.000Z');
  expect(happenings.slice(0, 3)).toEqual([
    '2026-03-10T15:00 provisioned',
    '2026-12-24T00:00 renewal-requested',
    '2026-12-24T00:01 renewed',
  ]);
});

test('an account that is deleted at its end is renewed by nobody', () => {
  expect(lived({ endOfLife: 'delete' }, '2027-02-20T08:00:00.000Z')).toEqual([
    ...FIRST_WINDOW,
    '2027-03-10T00:00 ended',
    '2027-03-10T00:00 retirement-begun',
    '2027-03-10T00:00 retired',
  ]);
});

const EXAMPLE: Template = templateSchema.parse(
  JSON.parse(readFileSync(new URL('../../docs/examples/template.json', import.meta.url), 'utf8')),
);

const PLAN: PopulationPlan = {
  template: EXAMPLE,
  accounts: 200,
  owners: 10,
  begin: new Date('2027-01-01T00:00:00.000Z'),
  end: new Date('2029-01-01T00:00:00.000Z'),
  lateShare: 0.1,
  forgottenShare: 0.1,
  seed: 7,
};
const LIMITS = { cliff: null, decisionsPerMonth: 40 };

test('the same seed is the same population, another seed another one', () => {
  expect(report(populate(PLAN), EXAMPLE, LIMITS)).toEqual(report(populate(PLAN), EXAMPLE, LIMITS));
  expect(report(populate(PLAN), EXAMPLE, LIMITS)).not.toEqual(report(populate({ ...PLAN, seed: 8 }), EXAMPLE, LIMITS));
});

test('the report adds up what happened, and nothing outside of the time asked for', () => {
  const accounts = [...populate(PLAN)];
  const all = accounts.flatMap(({ happenings }) => happenings);
  const { months, people } = report(accounts, EXAMPLE, LIMITS);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  expect(sum(months.map(({ renewals }) => renewals))).toBe(all.filter(({ kind }) => kind === 'renewed').length);
  expect(sum(months.map(({ notices }) => notices))).toBe(sum(people.map(({ notices }) => notices)));
  expect(sum(people.map((person) => person.accounts))).toBe(200);
  expect(months[0]!.month >= '2027-01' && months.at(-1)!.month <= '2028-12').toBe(true);
});

test('many ends on one day are a cliff, and one approver too many decisions an overload', () => {
  const at = new Date('2027-05-31T00:00:00.000Z');
  const ended = Array.from({ length: 30 }, () => ({
    owner: 'olga',
    happenings: [
      { at, kind: 'ended' as const },
      { at, kind: 'renewal-requested' as const },
    ],
  }));
  const { cliffs, approvers } = report(ended, EXAMPLE, { cliff: 29, decisionsPerMonth: 14 });
  expect(cliffs).toEqual([{ day: '2027-05-31', ends: 30 }]);
  // The first step needs one of two, the second two of three.
  expect(approvers.map(({ approver, inBusiestMonth }) => [approver, inBusiestMonth])).toEqual([
    ['anna', 15],
    ['bert', 15],
    ['carl', 20],
    ['dora', 20],
    ['emil', 20],
  ]);
  expect(approvers.every(({ overloaded }) => overloaded)).toBe(true);
});

test('CSV: every part has its columns, and no field is taken for a formula', () => {
  const files = csvFiles({
    accounts: 1,
    months: [],
    people: [{ person: '=1+1,"x"', accounts: 1, notices: 2, busiestDay: '2027-01-01', onBusiestDay: 2 }],
    cliffs: [],
    approvers: [],
  });
  expect(files['notices-per-person.csv']).toBe(
    'person,accounts,notices,busiestDay,onBusiestDay\r\n"\'=1+1,""x""",1,2,2027-01-01,2\r\n',
  );
  expect(files['cliffs.csv']).toBe('day,ends\r\n');
});
