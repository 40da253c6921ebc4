import { describe, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { LONGEST_WAIT_MS, nextDeadline, waitMs } from './schedule.ts';

const REMIND_MS = Date.parse('2026-05-01T00:00:00.000Z');
const END_MS = Date.parse('2026-06-01T00:00:00.000Z');
const account = (state: Account['state']): Account =>
  ({ state, remindAt: '2026-05-01T00:00:00.000Z', endsAt: '2026-06-01T00:00:00.000Z' }) as Account;

describe('nextDeadline', () => {
  test.each(['active', 'disabled'] as const)('%s: the reminder first, then the end', (state) => {
    expect(nextDeadline(account(state), false, REMIND_MS - 1)).toEqual({ kind: 'reminder', at: REMIND_MS });
    expect(nextDeadline(account(state), true, REMIND_MS)).toEqual({ kind: 'end', at: END_MS });
  });

  test('a reminder that was missed is made up for until the end, and not after it', () => {
    expect(nextDeadline(account('active'), false, END_MS - 1)).toMatchObject({ kind: 'reminder' });
    expect(nextDeadline(account('active'), false, END_MS)).toMatchObject({ kind: 'end' });
  });

  test('an expired account has none', () => {
    expect(nextDeadline(account('expired'), false, END_MS)).toBeUndefined();
  });

  test('a provisioned account without deadlines is a bug', () => {
    expect(() => nextDeadline({ ...account('active'), endsAt: null }, false, 0)).toThrow('has deadlines');
  });
});

describe('waitMs', () => {
  test.each([
    ['a minute away', 60_000, 60_000],
    ['due', 0, 1],
    ['long due', -60_000, 1],
    ['years away', 5 * 365 * 86_400_000, LONGEST_WAIT_MS],
  ])('%s', (_when, inMs, expected) => {
    expect(waitMs({ kind: 'end', at: END_MS }, END_MS - inMs, LONGEST_WAIT_MS)).toBe(expected);
  });

  test('nothing ahead: as long as it may', () => {
    expect(waitMs(undefined, 0, 10_000)).toBe(10_000);
  });
});
