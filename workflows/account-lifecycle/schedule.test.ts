import { describe, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import { deadlinesOf, isDue, LONGEST_WAIT_MS, waitMs } from './schedule.ts';

const OPENS = '2026-05-01T00:00:00.000Z';
const END = '2026-06-01T00:00:00.000Z';
const UNDO = '2026-07-01T00:00:00.000Z';
const NOTICES = {
  whenRenewalOpens: true,
  remindEvery: null,
  urgentEvery: null,
  urgentWithin: null,
  tellAdministrators: false,
  stopAfter: null,
};
const snapshot = { template: { lifecycle: { notices: NOTICES } } } as TemplateSnapshot;
const step = {
  name: 'Manager',
  approvers: { users: ['anna'], groups: [] },
  quorum: 1,
  deadline: 'P7D',
  escalation: null,
};
const account = (changes: Partial<Account>): Account =>
  ({
    state: 'active',
    endOfLife: 'disable',
    renewalOpensAt: OPENS,
    endsAt: END,
    ended: false,
    retirement: null,
    approval: { openStep: 0, openedAt: OPENS, escalated: false, steps: [step], votes: [] },
    ...changes,
  }) as unknown as Account;

const kinds = (changes: Partial<Account>, noticedUntil: string | null = null) =>
  deadlinesOf({ account: account(changes), snapshot, noticedUntil }).map(({ kind }) => kind);

describe('deadlinesOf', () => {
  test.each(['active', 'disabled'] as const)('%s: its notices, then its end', (state) => {
    expect(kinds({ state })).toEqual(['notice', 'end']);
    expect(kinds({ state }, OPENS)).toEqual(['end']);
  });

  test('an end that was met is none any more', () => {
    expect(kinds({ ended: true }, OPENS)).toEqual([]);
  });

  test('a renewal has the deadline of its open step beside those of the account', () => {
    expect(kinds({ state: 'renewing' }, OPENS)).toEqual(['step', 'end']);
  });

  test.each(['submitted', 'approved', 'retiring', 'retired'] as const)('%s: nothing of a period', (state) => {
    expect(kinds({ state })).toEqual(state === 'submitted' ? ['step'] : []);
  });

  test('a quarantined account is deleted when its time is over', () => {
    const retirement = { undoUntil: UNDO } as Account['retirement'];
    expect(kinds({ state: 'quarantined', retirement })).toEqual(['deletion']);
  });
});

test.each([
  [-1, false],
  [0, true],
  [1, true],
])('%i ms from the end: due %s', (ms, due) => {
  const scheduled = { account: account({}), snapshot, noticedUntil: OPENS };
  expect(isDue(scheduled, 'end', Date.parse(END) + ms)).toBe(due);
});

describe('waitMs', () => {
  const NOW_MS = Date.parse(OPENS);

  test.each([
    ['a minute away', 60_000, 60_000],
    ['due', 0, 1],
    ['long due', -60_000, 1],
    ['years away', 5 * 365 * 86_400_000, LONGEST_WAIT_MS],
  ])('%s', (_when, inMs, expected) => {
    expect(waitMs([NOW_MS + inMs, Infinity], NOW_MS, LONGEST_WAIT_MS)).toBe(expected);
  });

  test('nothing ahead: as long as it may', () => {
    expect(waitMs([Infinity], 0, 10_000)).toBe(10_000);
  });
});
