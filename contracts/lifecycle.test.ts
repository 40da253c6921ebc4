import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACCOUNT_STATES,
  ACTIONS,
  allowedActions,
  applyTransition,
  END_OF_LIFE_ACTIONS,
  EVENT_TYPES,
  FINAL_STATES,
  isAllowed,
  isRenewalOpen,
  LIVING_STATES,
  TRANSITIONS,
  type AccountAction,
  type AccountState,
  type EndOfLifeAction,
  type EventType,
  type LifecycleFacts,
} from './lifecycle.ts';

const NOW = new Date('2026-06-01T00:00:00.000Z');
const PAST = '2026-05-31T23:59:59.999Z';
const FUTURE = '2026-06-01T00:00:00.001Z';
const state = fc.constantFrom(...ACCOUNT_STATES);
const event = fc.constantFrom(...EVENT_TYPES);

/** The states to which an account can return that was being renewed or retired. */
const RETURNABLE = ['active', 'disabled', 'expired'] as const;

const destinations = (from: AccountState | 'new', type: EventType): AccountState[] =>
  isAllowed(from, type) ? [...new Set(RETURNABLE.map((returnTo) => applyTransition(from, type, returnTo)))] : [];

function reachable(): Set<AccountState> {
  const seen = new Set<AccountState>();
  const open: (AccountState | 'new')[] = ['new'];
  for (let from = open.pop(); from; from = open.pop()) {
    for (const to of EVENT_TYPES.flatMap((type) => destinations(from, type))) {
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
      const moves = ways.filter((type) => destinations(from, type).some((to) => to !== from));
      expect([from, moves.length > 0]).toEqual([from, !FINAL_STATES.includes(from)]);
      if (FINAL_STATES.includes(from)) expect(ways).toEqual([]);
    }
  });

  test('an event leads where the table says, or is refused as a bug', () => {
    fc.assert(
      fc.property(state, event, fc.constantFrom(...RETURNABLE), (from, type, returnTo) => {
        const to = TRANSITIONS[type][from];
        if (to === undefined) expect(() => applyTransition(from, type, returnTo)).toThrow('cannot happen');
        else expect(applyTransition(from, type, returnTo)).toBe(to === 'returned' ? returnTo : to);
      }),
    );
  });

  test.each([
    ['renewing', 'renewal-denied'],
    ['renewing', 'renewed'],
    ['retiring', 'restored'],
    ['quarantined', 'restored'],
  ] as const)('%s, %s: without a state to return to it is a bug', (from, type) => {
    expect(() => applyTransition(from, type)).toThrow('no state to return to');
  });

  test('only a submission can be the first event', () => {
    expect(EVENT_TYPES.filter((type) => isAllowed('new', type))).toEqual(['submitted']);
    expect(applyTransition('new', 'submitted')).toBe('submitted');
  });

  test('once an object may exist, no way leads to an end that leaves it there', () => {
    const withObject = ['approved', ...LIVING_STATES] as const;
    const ends = withObject.flatMap((from) => EVENT_TYPES.flatMap((type) => destinations(from, type)));
    expect(ends.filter((to) => FINAL_STATES.includes(to))).toEqual([]);
  });

  test('every living state can be retired, and nothing comes back from a retirement but by `restored`', () => {
    for (const from of LIVING_STATES) expect(destinations(from, 'retirement-requested')).toEqual(['retiring']);
    const back = (['retiring', 'quarantined'] as const).flatMap((from) =>
      EVENT_TYPES.filter((type) => destinations(from, type).some((to) => LIVING_STATES.includes(to))),
    );
    expect([...new Set(back)]).toEqual(['restored']);
  });

  test('a renewal that meets the end while it is decided goes on', () => {
    expect(applyTransition('renewing', 'expired')).toBe('renewing');
  });
});

const OPEN = { openStep: 0, steps: [{}] };
const DECIDED = { openStep: 1, steps: [{}] };

const FINAL = { final: true, captured: null };

const facts = (changes: Partial<LifecycleFacts>): LifecycleFacts => ({
  state: 'active',
  blocked: null,
  endOfLife: 'disable',
  approval: OPEN,
  renewalOpensAt: PAST,
  endsAt: FUTURE,
  ended: false,
  retirement: null,
  ...changes,
});

/** What owners may do to the account itself; the table of the page *What the product does* is about these. */
const OF_THE_TABLE = ['renew', 'request-renewal', 'disable', 'enable', 'retire'] as const;
type Choice = (typeof OF_THE_TABLE)[number];

const choices = (changes: Partial<LifecycleFacts>): AccountAction[] =>
  allowedActions(facts(changes), NOW).filter((action) => OF_THE_TABLE.includes(action as Choice));

describe('the end-of-life table', () => {
  const early = { ended: false, renewalOpensAt: FUTURE };
  const open = { ended: false, renewalOpensAt: PAST };
  const after = { ended: true, renewalOpensAt: PAST };

  const CELLS: readonly [EndOfLifeAction, string, Partial<LifecycleFacts>, readonly Choice[]][] = [
    ['review', 'before the window', { ...early, state: 'active' }, ['disable', 'retire']],
    ['review', 'in the window', { ...open, state: 'active' }, ['renew', 'disable', 'retire']],
    ['review', 'in the window, disabled', { ...open, state: 'disabled' }, ['renew', 'enable', 'retire']],
    ['review', 'after the end', { ...after, state: 'active' }, ['renew', 'disable', 'retire']],
    ['review', 'after the end, disabled', { ...after, state: 'disabled' }, ['renew', 'enable', 'retire']],

    ['disable', 'before the window', { ...early, state: 'active' }, ['disable', 'retire']],
    ['disable', 'before the window, disabled', { ...early, state: 'disabled' }, ['enable', 'retire']],
    ['disable', 'in the window', { ...open, state: 'active' }, ['renew', 'disable', 'retire']],
    ['disable', 'in the window, disabled', { ...open, state: 'disabled' }, ['renew', 'enable', 'retire']],
    ['disable', 'after the end', { ...after, state: 'expired' }, ['renew', 'enable', 'retire']],
    ['disable', 'after the end, enabled', { ...after, state: 'active' }, ['renew', 'disable', 'retire']],

    ['expire', 'before the window', { ...early, state: 'active' }, ['request-renewal', 'disable', 'retire']],
    ['expire', 'in the window', { ...open, state: 'active' }, ['request-renewal', 'disable', 'retire']],
    ['expire', 'disabled', { ...open, state: 'disabled' }, ['request-renewal', 'enable', 'retire']],
    ['expire', 'while its renewal is decided', { ...open, state: 'renewing' }, ['retire']],
    ['expire', 'after the end', { ...after, state: 'expired' }, ['request-renewal', 'retire']],
    ['expire', 'after the end, while its renewal is decided', { ...after, state: 'renewing' }, ['retire']],

    ['delete', 'before the end', { ...open, state: 'active' }, ['disable', 'retire']],
    ['delete', 'before the end, disabled', { ...open, state: 'disabled' }, ['enable', 'retire']],
    ['delete', 'after the end', { ...after, state: 'retiring', retirement: FINAL }, []],
    ['delete', 'after the end, deleted', { ...after, state: 'retired', retirement: FINAL }, []],
  ];

  test.each(CELLS)('%s, %s', (endOfLife, _when, changes, expected) => {
    expect(choices({ endOfLife, ...changes })).toEqual(expected);
  });

  test('every action at the end has cells before and after it', () => {
    for (const action of END_OF_LIFE_ACTIONS) {
      const mine = CELLS.filter(([endOfLife]) => endOfLife === action).map(([, , { ended }]) => ended);
      expect([action, mine.includes(false), mine.includes(true)]).toEqual([action, true, true]);
    }
  });

  const anyFacts = fc.record({
    state,
    blocked: fc.constantFrom(null, { step: 'admit-destructive-step' }, { step: 'delete-account' }),
    endOfLife: fc.constantFrom(...END_OF_LIFE_ACTIONS),
    approval: fc.constantFrom(OPEN, DECIDED),
    renewalOpensAt: fc.constantFrom(null, PAST, FUTURE),
    endsAt: fc.constantFrom(null, PAST, FUTURE),
    ended: fc.boolean(),
    retirement: fc.constantFrom(
      null,
      FINAL,
      { final: true, captured: {} },
      { final: false, captured: null },
      { final: false, captured: {} },
    ),
  });

  test('no account is renewed under `delete`, none without being asked under `expire`, none by asking elsewhere', () => {
    fc.assert(
      fc.property(anyFacts, (account) => {
        const actions = allowedActions(account, NOW);
        const { endOfLife } = account;
        if (endOfLife === 'delete' || endOfLife === 'expire') expect(actions).not.toContain('renew');
        if (endOfLife !== 'expire') expect(actions).not.toContain('request-renewal');
      }),
    );
  });

  test('resume is there exactly when something is blocked', () => {
    fc.assert(
      fc.property(anyFacts, (account) => {
        expect(allowedActions(account, NOW).includes('resume')).toBe(account.blocked !== null);
      }),
    );
  });

  test('nothing is offered that the table of transitions forbids', () => {
    const NEEDS: Readonly<Partial<Record<AccountAction, readonly EventType[]>>> = {
      decide: ['voted'],
      withdraw: ['withdrawn', 'withdrawal-requested', 'renewal-denied'],
      'replace-approvers': ['approvers-replaced'],
      renew: ['renewed'],
      'request-renewal': ['renewal-requested'],
      disable: ['disabled'],
      enable: ['enabled'],
      'change-owners': ['owners-changed'],
      edit: ['edited'],
      migrate: ['migrated'],
      retire: ['retirement-requested'],
      restore: ['restored'],
    };
    fc.assert(
      fc.property(anyFacts, (account) => {
        for (const action of allowedActions(account, NOW)) {
          const needed = NEEDS[action];
          if (needed) expect(needed.some((type) => isAllowed(account.state, type))).toBe(true);
        }
      }),
    );
  });

  test('answers known actions, none twice', () => {
    fc.assert(
      fc.property(anyFacts, (account) => {
        const actions = allowedActions(account, NOW);
        expect(new Set(actions).size).toBe(actions.length);
        expect(ACTIONS).toEqual(expect.arrayContaining(actions));
      }),
    );
  });
});

describe('allowedActions', () => {
  const LIVING: AccountAction[] = ['change-owners', 'edit'];

  test.each<[AccountState, readonly AccountAction[]]>([
    ['submitted', ['decide', 'withdraw', 'replace-approvers']],
    ['rejected', []],
    ['withdrawn', []],
    ['lapsed', []],
    ['approved', ['withdraw']],
    ['withdrawing', []],
    ['active', ['renew', 'disable', ...LIVING, 'migrate', 'retire']],
    ['disabled', ['renew', 'enable', ...LIVING, 'retire']],
    ['expired', ['renew', 'enable', ...LIVING, 'retire']],
    ['renewing', ['decide', 'withdraw', 'replace-approvers', ...LIVING, 'retire']],
    ['retiring', []],
    ['quarantined', []],
    ['retired', []],
  ])('%s', (of, actions) => {
    expect(allowedActions(facts({ state: of }), NOW)).toEqual(actions);
  });

  test('an undo is offered while the account is quarantined, unless the retirement is final', () => {
    const of = (final: boolean) =>
      allowedActions(facts({ state: 'quarantined', retirement: { final, captured: {} } }), NOW);
    expect(of(false)).toEqual(['restore']);
    expect(of(true)).toEqual([]);
  });

  test.each<[string, Partial<LifecycleFacts>, boolean]>([
    ['waits for its admission, and nothing was done', {}, true],
    ['was admitted', { blocked: null }, false],
    ['waits for its object to be read', { blocked: { step: 'capture-account' } }, true],
    ['waits for the engine to move the object', { blocked: { step: 'quarantine-account' } }, false],
    [
      'waits for another admission, and something may have been done',
      { retirement: { final: false, captured: {} } },
      false,
    ],
    ['cannot be undone', { retirement: FINAL }, false],
  ])('a retirement that %s', (_what, changes, isTakenBack) => {
    const held: Partial<LifecycleFacts> = {
      state: 'retiring',
      blocked: { step: 'admit-destructive-step' },
      retirement: { final: false, captured: null },
    };
    const actions = allowedActions(facts({ ...held, ...changes }), NOW);
    expect(actions.includes('restore')).toBe(isTakenBack);
  });

  test('a migration needs an active account before its end', () => {
    const movable = (changes: Partial<LifecycleFacts>) => allowedActions(facts(changes), NOW).includes('migrate');
    expect(movable({})).toBe(true);
    expect(movable({ ended: true })).toBe(false);
    // Its end is due and held up: by a freeze, the brake, or an engine that is away.
    expect(movable({ endsAt: PAST })).toBe(false);
    expect(movable({ endsAt: NOW.toISOString() })).toBe(false);
    expect(movable({ state: 'disabled' })).toBe(false);
    expect(movable({ state: 'renewing' })).toBe(false);
  });

  test('a renewal that is agreed and waits for its engine is not decided, withdrawn or asked of others any more', () => {
    const agreed = allowedActions(facts({ state: 'renewing', approval: DECIDED }), NOW);
    expect(agreed).toEqual([...LIVING, 'retire']);
  });

  test.each([
    [null, false],
    [FUTURE, false],
    ['2026-06-01T00:00:00.000Z', true],
    [PAST, true],
  ])('a window that opens at %s is open: %s', (renewalOpensAt, isOpen) => {
    expect(isRenewalOpen({ renewalOpensAt }, NOW)).toBe(isOpen);
    expect(choices({ renewalOpensAt }).includes('renew')).toBe(isOpen);
  });
});
