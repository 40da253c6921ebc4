/** `docs/lifecycle.md` says what the lifecycle's table and the permissions say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ACCOUNT_STATES,
  ACTIONS,
  allowedActions,
  EVENT_TYPES,
  FINAL_STATES,
  isAllowed,
  TRANSITIONS,
  type AccountAction,
} from '../../contracts/lifecycle.ts';
import { can, type AccountParties, type User, type Verb } from '../../contracts/permissions.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/lifecycle.md'), 'utf8');

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

/** Rows of the table whose header begins with `first`, as `{ name, cells }`; a cell is true when it begins with ✓. */
function table(first: string): { name: string; cells: Record<string, boolean> }[] {
  const lines = page.split('\n');
  const split = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const at = lines.findIndex((line) => split(line)[0] === first && split(line).length > 3);
  const header = split(lines[at]!);
  const rows = lines.slice(at + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end).map((line) => {
    const [name, ...cells] = split(line);
    return {
      name: name!.replaceAll('`', ''),
      cells: Object.fromEntries(cells.map((cell, index) => [header[index + 1]!, cell.startsWith('✓')])),
    };
  });
}

test('the diagram has exactly the transitions of the table', () => {
  const expected = EVENT_TYPES.flatMap((event) => {
    const { from, to } = TRANSITIONS[event];
    return from.map((state) => `${state === 'new' ? '[*]' : state} ${event} ${to === 'same' ? state : to}`);
  });
  const ends = FINAL_STATES.map((state) => `${state} end [*]`);
  expect(arrows().sort()).toEqual([...expected, ...ends].sort());
});

test('every state is explained, in order', () => {
  const section = page.slice(page.indexOf('## States and events'), page.indexOf('## What each state allows'));
  const explained = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map((match) => match[1]);
  expect(explained).toEqual([...ACCOUNT_STATES]);
});

describe('what each state allows', () => {
  const rows = table('state');

  test('every state has a row', () => expect(rows.map((row) => row.name)).toEqual([...ACCOUNT_STATES]));

  test.each(ACCOUNT_STATES)('%s', (state) => {
    const long = '2000-01-01T00:00:00.000Z';
    const open = allowedActions({ state, blocked: null, renewalOpensAt: long }, new Date('2026-01-01'));
    const expected = (action: AccountAction): boolean =>
      action === 'resume' ? isAllowed(state, 'blocked') : open.includes(action);
    expect(rows.find((row) => row.name === state)?.cells).toEqual(
      Object.fromEntries(ACTIONS.map((action) => [action, expected(action)])),
    );
  });
});

describe('who may ask', () => {
  const rows = table('action');
  const account: AccountParties = { requester: 'requester', owners: ['owner'], approvers: ['approver'] };
  const users: readonly User[] = (['requester', 'approver', 'owner', 'administrator'] as const).map((role) => ({
    name: role,
    role,
  }));

  test('every action has a row', () => expect(rows.map((row) => row.name)).toEqual(['read', ...ACTIONS]));

  test.each(rows)('$name', ({ name, cells }) => {
    const expected = users.map((user) => [user.name, can(user, name as Verb, { kind: 'account', account })]);
    expect(cells).toEqual(Object.fromEntries(expected));
  });

  test('somebody with none of these relations may do nothing', () => {
    const stranger: User = { name: 'stranger', role: 'requester' };
    const verbs: readonly Verb[] = ['read', ...ACTIONS];
    expect(verbs.filter((verb) => can(stranger, verb, { kind: 'account', account }))).toEqual([]);
  });
});
