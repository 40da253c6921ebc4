import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACCOUNT_STATES,
  ACTIONS,
  allowedActions,
  applyTransition,
  EVENT_TYPES,
  FINAL_STATES,
  isAllowed,
  isRenewalOpen,
  TRANSITIONS,
  type AccountState,
  type EventType,
} from './lifecycle.ts';

const NOW = new Date('2026-06-01T00:00:00.000Z');
const state = fc.constantFrom(...ACCOUNT_STATES);
const event = fc.constantFrom(...EVENT_TYPES);

function reachable(): Set<AccountState> {
  const seen = new Set<AccountState>();
  const open: (AccountState | 'new')[] = ['new'];
  for (let from = open.pop(); from; from = open.pop()) {
    for (const type of EVENT_TYPES) {
      if (!isAllowed(from, type)) continue;
      const to = applyTransition(from, type);
      if (!seen.has(to)) open.push(to);
      seen.add(to);
    }
  }
  return seen;
}

describe('the table', () => {
  test('every state can be reached from a new request', () => {
    expect([...reachable()].sort()).toEqual([...ACCOUNT_STATES].sort());
  });

  test('every state that is not final has a way on to another, and no final state has any', () => {
    for (const from of ACCOUNT_STATES) {
      const ways = EVENT_TYPES.filter((type) => isAllowed(from, type));
      const moves = ways.filter((type) => applyTransition(from, type) !== from);
      expect([from, moves.length > 0]).toEqual([from, !FINAL_STATES.includes(from)]);
      if (FINAL_STATES.includes(from)) expect(ways).toEqual([]);
    }
  });

  test('an event leads where the table says, or is refused as a bug', () => {
    fc.assert(
      fc.property(state, event, (from, type) => {
        if (isAllowed(from, type)) {
          const { to } = TRANSITIONS[type];
          expect(applyTransition(from, type)).toBe(to === 'same' ? from : to);
        } else {
          expect(() => applyTransition(from, type)).toThrow('cannot happen');
        }
      }),
    );
  });

  test('only a submission can be the first event', () => {
    expect(EVENT_TYPES.filter((type) => isAllowed('new', type))).toEqual(['submitted']);
    expect(applyTransition('new', 'submitted')).toBe('submitted');
  });

  test('once an object may exist, no way leads to an end that leaves it there', () => {
    const withObject: EventType[] = EVENT_TYPES.filter((type) => isAllowed('approved', type));
    expect(withObject.map((type) => applyTransition('approved', type))).not.toContain('withdrawn');
    expect(
      EVENT_TYPES.filter((type) => isAllowed('active', type) && applyTransition('active', type) === 'retired'),
    ).toEqual([]);
  });
});

describe('allowedActions', () => {
  const facts = (of: AccountState, blocked = false, renewalOpensAt: string | null = null) => ({
    state: of,
    blocked: blocked ? {} : null,
    renewalOpensAt,
  });
  const past = '2026-05-31T23:59:59.999Z';

  test.each([
    ['submitted', ['decide', 'withdraw']],
    ['rejected', []],
    ['withdrawn', []],
    ['approved', ['withdraw']],
    ['withdrawing', []],
    ['active', ['renew', 'disable', 'retire']],
    ['disabled', ['enable', 'retire']],
    ['expired', ['renew', 'retire']],
    ['retiring', []],
    ['retired', []],
  ] as const)('%s', (of, actions) => {
    expect(allowedActions(facts(of, false, past), NOW)).toEqual(actions);
  });

  test('resume is there exactly when something is blocked', () => {
    fc.assert(
      fc.property(state, fc.boolean(), (of, blocked) => {
        expect(allowedActions(facts(of, blocked), NOW).includes('resume')).toBe(blocked);
      }),
    );
  });

  test('answers known actions, none twice', () => {
    fc.assert(
      fc.property(state, fc.boolean(), fc.constantFrom(null, past), (of, blocked, opens) => {
        const actions = allowedActions(facts(of, blocked, opens), NOW);
        expect(new Set(actions).size).toBe(actions.length);
        expect(ACTIONS).toEqual(expect.arrayContaining(actions));
      }),
    );
  });

  test.each([
    [null, false],
    ['2026-06-01T00:00:00.001Z', false],
    ['2026-06-01T00:00:00.000Z', true],
    [past, true],
  ])('a window that opens at %s is open: %s', (renewalOpensAt, isOpen) => {
    expect(isRenewalOpen({ renewalOpensAt }, NOW)).toBe(isOpen);
    expect(allowedActions(facts('active', false, renewalOpensAt), NOW).includes('renew')).toBe(isOpen);
  });
});
