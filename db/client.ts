/** The one way to Postgres: a bounded pool behind an interface that lets no query parameter out through an error. */
import type { Socket } from 'node:net';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { withoutParameters } from './errors.ts';

/** drizzle's query builder. Only the functions in `queries/` and `project-account.ts` work with it. */
export type Drizzle = NodePgDatabase;

/** The pool, or one open transaction: queries do not care on which they run. */
export interface Database {
  /**
   * Runs `work` and gives its result. What the database refuses arrives as a `DatabaseFailure` without values; an error
   * that `work` itself throws arrives unchanged.
   */
  query<T>(work: (drizzle: Drizzle) => Promise<T>): Promise<T>;
  /**
   * Commits when `work` is fulfilled and rolls back when it is rejected. Inside a transaction it joins that one, so a
   * rejection that is caught there leaves the outer one unusable. Failures as in `query`.
   */
  transaction<T>(work: (transaction: Database) => Promise<T>): Promise<T>;
}

export interface DatabaseConnection {
  readonly db: Database;
  /** Rejects with a `DatabaseFailure` when Postgres does not answer. */
  ping(): Promise<void>;
  /** Waits for queries that run, then closes every connection. */
  close(): Promise<void>;
}

export interface PoolLimits {
  readonly maxConnections: number;
  /** How long to wait for a free or new connection. */
  readonly connectTimeoutMs: number;
  /** How long the server works on one statement. */
  readonly statementTimeoutMs: number;
}

const DEFAULT_LIMITS: PoolLimits = { maxConnections: 10, connectTimeoutMs: 5_000, statementTimeoutMs: 8_000 };

/** A server that stopped talking is noticed on our side, a little after it should have cut the statement itself. */
const CLIENT_TIMEOUT_EXTRA_MS = 1_000;
const IDLE_TIMEOUT_MS = 30_000;

/** Opens a pool on `url` (`postgres://…`). Connections are made when first needed, so this succeeds with Postgres away. */
export function openDatabase(url: string, limits: Partial<PoolLimits> = {}): DatabaseConnection {
  const { maxConnections, connectTimeoutMs, statementTimeoutMs } = { ...DEFAULT_LIMITS, ...limits };
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'account-lifecycle-manager',
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    // A transaction of a process that hangs must not hold its locks.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
  });
  // The pool drops an idle connection that breaks. The next query makes a new one.
  pool.on('error', ignore);
  endSilentConnections(pool, statementTimeoutMs + CLIENT_TIMEOUT_EXTRA_MS);
  const pooled = drizzle({ client: pool });
  const db: Database = {
    query: (work) => withoutParameters(() => work(pooled)),
    transaction: (work) => withoutParameters(() => inTransaction(pool, work)),
  };
  return {
    db,
    ping: () => withoutParameters(async () => void (await pool.query('select 1'))),
    close: () => pool.end(),
  };
}

/**
 * Breaks a connection on which somebody waits and nothing comes in for `silenceMs`. The driver's own `query_timeout` sets a
 * timer for each statement; with it the rows of finished pages outlived their requests, a seventh of all that was
 * allocated, and pauses of the young generation were 10 to 50 ms. Without it they are a few.
 */
function endSilentConnections(pool: pg.Pool, silenceMs: number): void {
  const busy = new WeakSet<pg.PoolClient>();
  pool.on('acquire', (client) => busy.add(client));
  pool.on('release', (_error, client) => busy.delete(client));
  pool.on('connect', (client) => {
    const { stream } = (client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
    stream.setTimeout(silenceMs);
    stream.on('timeout', () => {
      if (busy.has(client)) stream.destroy(new Error('Query read timeout'));
      // The connection rests. A timeout that was told does not begin again by itself when somebody uses it.
      else stream.setTimeout(silenceMs);
    });
  });
}

/** A connection's `error` event without a listener would end the process; the query that meets it fails by itself. */
const ignore = (): void => undefined;

/**
 * drizzle's own `transaction` gives the connection back to the pool even when the rollback failed, and with it a
 * transaction that is still open. Here such a connection is thrown away.
 */
async function inTransaction<T>(pool: pg.Pool, work: (transaction: Database) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  client.on('error', ignore);
  let broken = false;
  try {
    await client.query('begin');
    const result = await work(transactionOn(client));
    await client.query('commit');
    return result;
  } catch (error) {
    broken = await client.query('rollback').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

function transactionOn(client: pg.PoolClient): Database {
  const single = drizzle({ client });
  const transaction: Database = {
    query: (work) => withoutParameters(() => work(single)),
    transaction: (work) => work(transaction),
  };
  return transaction;
}
