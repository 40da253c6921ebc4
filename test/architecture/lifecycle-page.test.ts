/** `docs/lifecycle.md` says what the lifecycle's table, the permissions and the list of notices say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  TRANSITIONS,
  type AccountAction,
  type AccountState,
  type EndOfLifeAction,
  type EventType,
} from '../../contracts/lifecycle.ts';
import { NOTICE_KINDS } from '../../contracts/notices.ts';
import { REMEMBERED_ANSWERS } from '../../workflows/account-lifecycle/intents.ts';
import { can, type AccountParties, type User, type Verb } from '../../contracts/permissions.ts';

const pageOf = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const page = pageOf('lifecycle.md');

/** Every arrow of the diagram as `from event to`, one per event. */
function arrows(): string[] {
  const diagram = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  return diagram
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [, from, to, events] = /^\s*(\S+) --> (\S+?)(?:: (.+))?$/.exec(line) ?? [];
      if (!from || !to) throw new Error(`not an arrow: ${line}`);
      return (events ?? 'end').split(', ').map((event) => `${from} ${event} ${to}`);
    });
}

/** The table whose header begins with `first`, as lists of cells; the header is the first of them. */
function tableOf(first: string): string[][] {
  const lines = page.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const at = lines.findIndex((cells) => cells[0] === first && cells.length > 2);
  if (at < 0) throw new Error(`no table begins with ${first}`);
  const rows = lines.slice(at + 2);
  return [
    lines[at]!,
    ...rows.slice(
      0,
      rows.findIndex((cells) => cells.length === 0),
    ),
  ];
}

const plain = (cell: string): string => cell.replaceAll('`', '');

/** Its rows as `{ name, cells }`; a cell is true when it begins with ✓. */
function ticks(first: string): { name: string; cells: Record<string, boolean> }[] {
  const [header, ...rows] = tableOf(first);
  return rows.map(([name, ...cells]) => ({
    name: plain(name!),
    cells: Object.fromEntries(cells.map((cell, index) => [plain(header![index + 1]!), cell.startsWith('✓')])),
  }));
}

const RETURNABLE = ['active', 'disabled', 'expired'] as const;

/** Where an event may lead: what returns, returns to any state it may have come from; what was renewed has not ended. */
function destinations(from: AccountState | 'new', event: EventType): AccountState[] {
  const returns =
    TRANSITIONS[event][from] === 'returned' && event === 'renewed' ? (['active', 'disabled'] as const) : RETURNABLE;
  return [...new Set(returns.map((returnTo) => applyTransition(from, event, returnTo)))];
}

test('the diagram has exactly the transitions of the table', () => {
  const expected = EVENT_TYPES.flatMap((event) =>
    (Object.keys(TRANSITIONS[event]) as (AccountState | 'new')[]).flatMap((from) =>
      destinations(from, event).map((to) => `${from === 'new' ? '[*]' : from} ${event} ${to}`),
    ),
  );
  const ends = FINAL_STATES.map((state) => `${state} end [*]`);
  expect(arrows().sort()).toEqual([...expected, ...ends].sort());
});

test('every state is explained, in order', () => {
  const section = page.slice(page.indexOf('## States and events'), page.indexOf('## What each state allows'));
  const explained = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map((match) => match[1]);
  expect(explained).toEqual([...ACCOUNT_STATES]);
});

/** Everything that may be asked in one of these states before or after the end, by whoever may ask. */
function offered(endOfLife: EndOfLifeAction, states: readonly AccountState[], ended: boolean): Set<AccountAction> {
  const facts = {
    // Where it matters which step waits, this one lets more happen than others.
    blocked: { step: 'admit-destructive-step' },
    endOfLife,
    ended,
    renewalOpensAt: '2000-01-01T00:00:00.000Z',
    endsAt: '2027-01-01T00:00:00.000Z',
    approval: { openStep: 0, steps: [{}] },
    retirement: { final: false, captured: null },
  };
  return new Set(states.flatMap((state) => allowedActions({ ...facts, state }, new Date('2026-01-01'))));
}

describe('what each state allows', () => {
  const rows = ticks('state');

  test('every state has a row', () => expect(rows.map((row) => row.name)).toEqual([...ACCOUNT_STATES]));

  test.each(ACCOUNT_STATES)('%s', (state) => {
    const open = END_OF_LIFE_ACTIONS.flatMap((endOfLife) =>
      [true, false].flatMap((ended) => [...offered(endOfLife, [state], ended)]),
    );
    const expected = (action: AccountAction): boolean =>
      action === 'resume' ? isAllowed(state, 'blocked') : open.includes(action);
    expect(rows.find((row) => row.name === state)?.cells).toEqual(
      Object.fromEntries(ACTIONS.map((action) => [action, expected(action)])),
    );
  });
});

describe('the end-of-life table', () => {
  const [, ...rows] = tableOf('end of life');
  /** Of the actions that the table is about. */
  const OF_THE_TABLE: readonly string[] = ['renew', 'request-renewal', 'disable', 'enable', 'retire'];
  const AFTER = {
    review: ['active', 'disabled'],
    disable: ['expired'],
    expire: ['expired'],
    delete: ['retiring'],
  } as const;
  const named = (cell: string): string[] => [...cell.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]!).sort();

  test('every action at the end has a row', () => {
    expect(rows.map(([name]) => plain(name!))).toEqual([...END_OF_LIFE_ACTIONS]);
  });

  test.each(END_OF_LIFE_ACTIONS)('%s', (endOfLife) => {
    const [, , before, after] = rows.find(([name]) => plain(name!) === endOfLife)!;
    const choices = (states: readonly AccountState[], ended: boolean): string[] =>
      [...offered(endOfLife, states, ended)].filter((action) => OF_THE_TABLE.includes(action)).sort();
    expect(named(before!)).toEqual(choices(['active', 'disabled'], false));
    expect(named(after!)).toEqual(choices(AFTER[endOfLife], true));
  });
});

test('every notice has a row, in order', () => {
  const [, ...rows] = tableOf('notice');
  expect(rows.map(([name]) => plain(name!))).toEqual([...NOTICE_KINDS]);
});

describe('who may ask', () => {
  const rows = ticks('action');
  const account: AccountParties = {
    requester: 'requester',
    owners: ['owner'],
    ownerGroups: [],
    approvers: ['approver'],
    approverGroups: [],
  };
  const users: readonly User[] = (['requester', 'approver', 'owner', 'administrator'] as const).map((role) => ({
    name: role,
    role,
    groups: [],
    standsFor: [],
  }));

  test('every action has a row', () => expect(rows.map((row) => row.name)).toEqual(['read', ...ACTIONS]));

  test.each(rows)('$name', ({ name, cells }) => {
    const expected = users.map((user) => [user.name, can(user, name as Verb, { kind: 'account', account })]);
    expect(cells).toEqual(Object.fromEntries(expected));
  });

  test('somebody with none of these relations may do nothing', () => {
    const stranger: User = { name: 'stranger', role: 'requester', groups: [], standsFor: [] };
    const verbs: readonly Verb[] = ['read', ...ACTIONS];
    expect(verbs.filter((verb) => can(stranger, verb, { kind: 'account', account }))).toEqual([]);
  });
});

test('how many answers of an account are remembered', () => {
  expect(page).toMatch(new RegExp(`the newest ${REMEMBERED_ANSWERS}\\s+are remembered`));
  expect(pageOf('api.md')).toContain(`of each account the last ${REMEMBERED_ANSWERS}.`);
});
