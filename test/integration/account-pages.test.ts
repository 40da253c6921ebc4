/** Pages of accounts among 100,000: read from an index in order, whoever asks and however deep. */
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../contracts/permissions.ts';
import type { Database } from '../../db/client.ts';
import { blockedByCode, listAccounts, oldestQueued, type AccountFilter } from '../../db/queries/accounts.ts';
import { findAffected } from '../../db/queries/affected-accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertManyAccounts, TEMPLATE_OF_MANY } from '../support/many-accounts.ts';

const ROWS = 100_000;
const LIMIT = 50;
/** Of 8 KB. A page of 50 needs a few for the index and at most one per row; reading the whole table needs thousands. */
const MAX_BLOCKS = 800;
const NEAR_THE_END = { submittedAt: '2024-01-09T00:00:00.000Z', id: '00000000-0000-4000-8000-000000000000' };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ limits: { statementTimeoutMs: 60_000 } });
  const owners = [
    { name: 'owner-of-3', accounts: 3 },
    { name: 'owner-of-5000', accounts: 5_000 },
    { name: 'Owners of 2,000', kind: 'group' as const, accounts: 2_000 },
    { name: 'Owners of 20', kind: 'group' as const, accounts: 20 },
  ];
  await database.run(insertManyAccounts(ROWS, owners));
  await database.run('vacuum analyze');
});
afterAll(() => database.drop());

interface PlanNode {
  'Node Type': string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** What Postgres does for the last statement of `work`, with the values that `work` binds. */
async function planOf(work: (db: Database) => Promise<unknown>): Promise<{ nodes: string[]; blocks: number }> {
  const statements: { text: string; values: unknown[] }[] = [];
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const logger = { logQuery: (text: string, values: unknown[]) => void statements.push({ text, values }) };
    const watched: Database = {
      query: (inner) => inner(drizzle({ client, logger })),
      transaction: (inner) => inner(watched),
    };
    await work(watched);
    const { text, values } = statements.at(-1)!;
    const { rows } = await client.query({ text: `explain (analyze, buffers, format json) ${text}`, values });
    const root: PlanNode = rows[0]['QUERY PLAN'][0].Plan;
    return { nodes: nodesOf(root), blocks: root['Shared Hit Blocks'] + root['Shared Read Blocks'] };
  } finally {
    await client.end();
  }
}

const nodesOf = (node: PlanNode): string[] => [node['Node Type'], ...(node.Plans ?? []).flatMap(nodesOf)];

const caller = (name: string, groups: string[] = [], standsFor: User['standsFor'] = []): User => ({
  name,
  role: 'owner',
  groups,
  standsFor,
});

/** In twelve groups, and standing in for five people who are in four each. */
const MANY_GROUPS = ['Owners of 2,000', 'Owners of 20', ...Array.from({ length: 10 }, (_, n) => `Group ${n}`)];
const MANY_ABSENT = Array.from({ length: 5 }, (_, n) => ({
  name: n === 0 ? 'anna' : `absent-${n}`,
  groups: Array.from({ length: 4 }, (_unused, m) => `Group ${n} ${m}`),
}));

const readers: [string, Partial<AccountFilter>][] = [
  ['an administrator', {}],
  ['an owner of 3', { visibleTo: caller('owner-of-3') }],
  ['an owner of 5,000', { visibleTo: caller('owner-of-5000') }],
  ['an approver of all', { visibleTo: caller('anna') }],
  ['a member of groups that own', { visibleTo: caller('owner-of-5000', ['Owners of 2,000', 'Owners of 20']) }],
  ['who stands in for an approver of all', { visibleTo: caller('zoe', [], [{ name: 'anna', groups: ['Leads'] }]) }],
  ['somebody in many groups who stands in for many', { visibleTo: caller('owner-of-5000', MANY_GROUPS, MANY_ABSENT) }],
  ['an owner of 5,000, one domain', { visibleTo: caller('owner-of-5000', MANY_GROUPS), domain: 'corp.example.com' }],
  ['the accounts of an owner of 5,000', { owner: 'owner-of-5000' }],
  ['an administrator, one state', { state: 'submitted' }],
  ['an administrator, one domain', { domain: 'lab.example.com' }],
  ['an administrator, one template', { templateId: TEMPLATE_OF_MANY }],
  ['an administrator, blocked ones', { blocked: true }],
  ['an administrator, a part of a name', { nameContains: 'VC-7777' }],
];
const depths: [string, AccountFilter['after']][] = [
  ['first page', undefined],
  ['deep page', NEAR_THE_END],
];

describe.each(readers)('%s', (_reader, filter) => {
  test.each(depths)('%s comes from an index', async (_depth, after) => {
    const { nodes, blocks } = await planOf((db) => listAccounts(db, { ...filter, after, limit: LIMIT }));
    expect(nodes).not.toContain('Seq Scan');
    expect(blocks).toBeLessThan(MAX_BLOCKS);
  });
});

test.each<[string, User, number]>([
  ['an owner', caller('owner-of-5000'), 5_000],
  // Every 50th account is the group's, and every 20th the owner's: every 100th is both.
  ['an owner in a group that owns', caller('owner-of-5000', ['Owners of 2,000']), 5_000 + 2_000 - 1_000],
])('the pages of %s hold each of their accounts once, the newest first', async (_who, visibleTo, accounts) => {
  const seen: string[] = [];
  let after: AccountFilter['after'];
  do {
    const page = await listAccounts(database.db, { visibleTo, after, limit: 200 });
    seen.push(...page.items.map(({ submittedAt, id }) => `${submittedAt} ${id}`));
    after = page.next;
  } while (after !== undefined);
  expect(new Set(seen).size).toBe(accounts);
  expect(seen).toEqual(seen.toSorted().toReversed());
});

test('what a change of approvers and owners concerns is found page by page, each account once', async () => {
  const change = { approvers: { users: ['ben'], groups: ['Leads'] }, left: ['owner-of-3', 'owner-of-5000'] };
  const seen: string[] = [];
  let after: AccountFilter['after'];
  do {
    const page = await findAffected(database.db, { ...change, after, limit: 1_000 });
    seen.push(...page.items.flatMap(({ accountId, left }) => left.map((user) => `${accountId} ${user}`)));
    expect(page.items.every(({ approversChanged }) => !approversChanged)).toBe(true);
    after = page.next;
  } while (after !== undefined);
  const present = await database.run(
    `select id || ' ' || name as owned from accounts, unnest(owners) name
      where name in ('owner-of-3', 'owner-of-5000') and state not in ('rejected', 'withdrawn', 'lapsed', 'retired')`,
  );
  expect(seen.toSorted()).toEqual(present.map(({ owned }) => owned).toSorted());
});

test('a page of what a change concerns comes from an index', async () => {
  const change = { approvers: { users: ['anna'], groups: [] }, left: [], limit: LIMIT };
  const { nodes, blocks } = await planOf((db) => findAffected(db, { ...change, after: NEAR_THE_END }));
  expect(nodes).not.toContain('Seq Scan');
  expect(blocks).toBeLessThan(MAX_BLOCKS);
});

test('a filter has its own answer, whatever was asked before', async () => {
  const filters: Partial<AccountFilter>[] = [
    { state: 'active' },
    { state: 'approved' },
    { state: 'approved', blocked: true },
    { state: 'approved', blocked: false },
    { domain: 'lab.example.com' },
    { domain: 'corp.example.com' },
  ];
  for (const { state, domain, blocked } of filters) {
    const { items } = await listAccounts(database.db, { state, domain, blocked, limit: LIMIT });
    expect(items).toHaveLength(LIMIT);
    if (state !== undefined) expect(new Set(items.map((item) => item.state))).toEqual(new Set([state]));
    if (domain !== undefined) expect(new Set(items.map((item) => item.domain))).toEqual(new Set([domain]));
    if (blocked !== undefined) expect(items.every((item) => (item.blocked !== null) === blocked)).toBe(true);
  }
});

test.each([blockedByCode, oldestQueued])('the figure %o of the metrics comes from an index', async (figure) => {
  const { nodes } = await planOf(figure);
  expect(nodes).not.toContain('Seq Scan');
});

test('blocked accounts are counted by code', async () => {
  expect(await blockedByCode(database.db)).toEqual([{ code: 'EngineOffline', accounts: ROWS / 500 }]);
});
