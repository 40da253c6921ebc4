/** A database of its own for each test file, so that files cannot disturb each other. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { applyMigrations } from '../../db/apply-migrations.ts';
import { openDatabase, type Database, type PoolLimits } from '../../db/client.ts';
import { stateFolder } from './our-stack.ts';

export interface TestDatabase {
  readonly url: string;
  readonly db: Database;
  /** Runs one statement as it is and gives the rows, for what the product has no function for. */
  run(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** Creates a database on the stack's Postgres and brings its tables up to date; `migrate: false` leaves it empty. */
export async function createTestDatabase({
  migrate = true,
  limits = {},
}: { migrate?: boolean; limits?: Partial<PoolLimits> } = {}): Promise<TestDatabase> {
  const serverUrl = await stackPostgresUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runOnce(serverUrl, `create database ${name}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).toString();
  if (migrate) await applyMigrations(url);
  const { db, close } = openDatabase(url, limits);
  return {
    url,
    db,
    run: (statement, values) => runOnce(url, statement, values),
    drop: async () => {
      await close();
      await runOnce(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

async function stackPostgresUrl(): Promise<string> {
  const stack = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8'));
  return stack.postgres.url;
}

async function runOnce(url: string, statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows;
  } finally {
    await client.end();
  }
}
