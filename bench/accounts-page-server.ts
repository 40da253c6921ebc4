/** One of the two servers of accounts-page.ts, as a process of its own: `api` is the product, `bare` the limit. */
import type { RequestListener } from 'node:http';
import { drizzle } from 'drizzle-orm/node-postgres';
import express, { type RequestHandler } from 'express';
import pg from 'pg';
import { createApp } from '../api/app.ts';
import { hashToken } from '../api/auth/tokens.ts';
import { startServer } from '../api/http/server.ts';
import { createRequestMetrics } from '../api/metrics.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { listAccounts, type AccountCursor } from '../db/queries/accounts.ts';
import { findUserByTokenHash } from '../db/queries/users.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { createRegistry } from '../infra/runtime/telemetry.ts';
import { createFakeGateway } from '../test/support/fake-gateway.ts';

const MAX_CONNECTIONS = 10;

interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** The statements that `work` runs, with the values it binds. */
async function statementsOf(pool: pg.Pool, work: (db: Database) => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const logQuery = (text: string, values: unknown[]): void => void statements.push({ text, values });
  const watched: Database = {
    query: (inner) => inner(drizzle({ client: pool, logger: { logQuery } })),
    transaction: (inner) => inner(watched),
  };
  await work(watched);
  return statements;
}

/** Express, the statements that the API runs for the same page, one after the other, and their rows as JSON. */
async function bareServer(url: string, limit: number, deep: AccountCursor): Promise<RequestListener> {
  // As text, as the API reads them: making a Date of each would slow the limit down.
  pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => text);
  const pool = new pg.Pool({ connectionString: url, max: MAX_CONNECTIONS });
  const page = (after?: AccountCursor) => async (db: Database) => {
    await findUserByTokenHash(db, hashToken('any'), new Date().toISOString());
    await listAccounts(db, { after, limit });
  };
  const answer =
    (statements: Statement[]): RequestHandler =>
    async (_request, response) => {
      let rows: unknown[] = [];
      for (const statement of statements) ({ rows } = await pool.query(statement));
      response.json(rows);
    };
  return express()
    .get('/first', answer(await statementsOf(pool, page())))
    .get('/deep', answer(await statementsOf(pool, page(deep))));
}

/** The product's API as its program makes it; reading accounts asks no workflow. */
function apiServer(url: string): RequestListener {
  const { db } = openDatabase(url, { maxConnections: MAX_CONNECTIONS });
  const logger = createLogger({ program: 'api', level: 'info' });
  return createApp({
    db,
    gateway: createFakeGateway(db),
    clock: () => new Date(),
    logger,
    metrics: createRequestMetrics(createRegistry('api')),
    allowShortIntervals: false,
  });
}

const [kind, limit, submittedAt, id] = process.argv.slice(2);
const url = process.env['DATABASE_URL']!;
const listener =
  kind === 'bare' ? await bareServer(url, Number(limit), { submittedAt: submittedAt!, id: id! }) : apiServer(url);
// Both with the product's time limits: connections outlive the other server's turn.
const server = await startServer(listener, { host: '127.0.0.1', port: 0 });
process.send!({ url: server.url });
process.once('disconnect', () => process.exit(0));
