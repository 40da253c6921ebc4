/** The connection itself: migrations by two programs at once, transactions, limits, and what errors tell. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyMigrations } from '../../db/apply-migrations.ts';
import { openDatabase } from '../../db/client.ts';
import { createUser, listUsers } from '../../db/queries/users.ts';
import { sql } from 'drizzle-orm';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const CANARY = 'canary-nobody-may-see';
const createdAt = '2026-01-31T12:00:00.000Z';
const user = (name: string, tokenHash = name) => ({ name, role: 'owner' as const, tokenHash, createdAt });

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ migrate: false, limits: { statementTimeoutMs: 1_000, maxConnections: 3 } });
});
afterAll(() => database.drop());

test('programs that migrate at the same instant wait for each other, and each migration is applied once', async () => {
  await Promise.all(Array.from({ length: 4 }, () => applyMigrations(database.url)));
  await applyMigrations(database.url);
  const applied = await database.run(
    'select hash, count(*)::int as times from drizzle.__drizzle_migrations group by hash',
  );
  expect(applied.length).toBeGreaterThanOrEqual(2);
  expect(applied.every((row) => row['times'] === 1)).toBe(true);
});

test('every foreign key has an index that begins with its columns', async () => {
  const unindexed = await database.run(`
    select conrelid::regclass::text as table_name, conname from pg_constraint c
    where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
      select from pg_index i where i.indrelid = c.conrelid and i.indpred is null
        and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)`);
  expect(unindexed).toEqual([]);
});

test('a transaction that fails leaves nothing, and its connection is usable again', async () => {
  const failing = database.db.transaction(async (transaction) => {
    await createUser(transaction, user('half-made'));
    throw new Error('a bug');
  });
  await expect(failing).rejects.toThrow('a bug');
  expect((await listUsers(database.db, { limit: 10 })).items).toEqual([]);
});

test('a transaction in a transaction commits and rolls back with the outer one', async () => {
  await database.db.transaction((outer) => outer.transaction((inner) => createUser(inner, user('joined'))));
  expect((await listUsers(database.db, { limit: 10 })).items.map(({ name }) => name)).toEqual(['joined']);
});

test.each([
  ['outside a transaction', () => createUser(database.db, user(CANARY, 'joined'))],
  ['inside one', () => database.db.transaction((inside) => createUser(inside, user(CANARY, 'joined')))],
])('a refused statement %s tells no value', async (_where, refused) => {
  const failure = (await refused().catch((error: unknown) => error)) as Error;
  expect(failure).toMatchObject({ name: 'DatabaseFailure', sqlState: '23505', constraint: 'users_token_hash' });
  expect(JSON.stringify([failure.message, failure.stack, failure, failure.cause])).not.toContain(CANARY);
});

test('a statement that takes too long is cut, and may be tried again', async () => {
  const slow = database.db.query((drizzle) => drizzle.execute(sql`select pg_sleep(5)`));
  await expect(slow).rejects.toMatchObject({ sqlState: '57014', transient: true });
});

test('a connection that is cut fails its query as transient; the next query has a new one', async () => {
  const cut = database.db.query((drizzle) => drizzle.execute(sql`select pg_terminate_backend(pg_backend_pid())`));
  await expect(cut).rejects.toMatchObject({ name: 'DatabaseFailure', transient: true });
  expect((await listUsers(database.db, { limit: 10 })).items).toHaveLength(1);
});

test('a connection that is cut inside a transaction is not given out again', async () => {
  const cut = database.db.transaction((transaction) =>
    transaction.query((drizzle) => drizzle.execute(sql`select pg_terminate_backend(pg_backend_pid())`)),
  );
  await expect(cut).rejects.toMatchObject({ transient: true });
  const answers = await Promise.all(Array.from({ length: 6 }, () => listUsers(database.db, { limit: 10 })));
  expect(answers.every(({ items }) => items.length === 1)).toBe(true);
});

test('more callers than connections wait their turn', async () => {
  const naps = Array.from({ length: 9 }, () =>
    database.db.query((drizzle) => drizzle.execute(sql`select pg_sleep(0.05)`)),
  );
  await expect(Promise.all(naps)).resolves.toHaveLength(9);
});

test('nobody there: ping and query fail as transient, opening does not', async () => {
  const away = openDatabase('postgres://nobody:secret@127.0.0.1:1/none', { connectTimeoutMs: 500 });
  await expect(away.ping()).rejects.toMatchObject({ transient: true, message: expect.not.stringContaining('secret') });
  await expect(listUsers(away.db, { limit: 1 })).rejects.toMatchObject({ name: 'DatabaseFailure', transient: true });
  await away.close();
});

test('a ping is answered', async () => {
  const connection = openDatabase(database.url);
  await expect(connection.ping()).resolves.toBeUndefined();
  await connection.close();
});

/** A way to Postgres that can be made to lose everything that is said on it. */
async function leakyWay(): Promise<{ url: string; lose(isLost: boolean): void; close(): void }> {
  const there = new URL(database.url);
  let isLost = false;
  const server = createServer((near) => {
    const far = connect(Number(there.port), there.hostname);
    near.on('data', (bytes) => void far.write(bytes));
    far.on('data', (bytes) => void (isLost || near.write(bytes)));
    near.on('close', () => far.destroy()).on('error', () => undefined);
    far.on('close', () => near.destroy()).on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const port = String((server.address() as AddressInfo).port);
  return {
    url: Object.assign(new URL(database.url), { hostname: '127.0.0.1', port }).href,
    lose: (lost) => void (isLost = lost),
    close: () => server.close(),
  };
}

test('a server that stops talking is noticed, and a connection that only rests is kept', async () => {
  const way = await leakyWay();
  const { db, close } = openDatabase(way.url, { statementTimeoutMs: 200, maxConnections: 1 });
  const backend = () =>
    db.query((drizzle) => drizzle.execute(sql`select pg_backend_pid() as pid`).then(({ rows }) => rows[0]));
  const first = await backend();
  await sleep(1_500);
  expect(await backend()).toEqual(first);

  way.lose(true);
  const askedAt = performance.now();
  const noAnswer = { name: 'DatabaseFailure', transient: true, message: expect.stringContaining('Query read timeout') };
  await expect(backend()).rejects.toMatchObject(noAnswer);
  expect(performance.now() - askedAt).toBeLessThan(3_000);
  way.lose(false);
  expect(await backend()).not.toEqual(first);
  await close();
  way.close();
});
