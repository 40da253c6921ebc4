/** Brings a database's tables up to this release. */
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { withoutParameters } from './errors.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('migrations', import.meta.url));

/** Any number will do as long as every release uses the same one: it names our lock in this database. */
const MIGRATION_LOCK = 4_205_110_715;
const LOCK_WAIT_MS = 10 * 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Applies the migrations that `url`'s database lacks, each once, all or none. Programs that start at the same time wait
 * for each other: the lock is the session's, so a crashed one lets go of it. Rejects with a `DatabaseFailure`.
 */
export async function applyMigrations(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'account-lifecycle-manager migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: LOCK_WAIT_MS,
    keepAlive: true,
  });
  // Without a listener a connection that breaks between two statements would end the process; the next one fails by itself.
  client.on('error', () => undefined);
  await withoutParameters(async () => {
    await client.connect();
    try {
      await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await migrate(drizzle({ client }), { migrationsFolder: MIGRATIONS_FOLDER });
    } finally {
      // Ends the session, and the lock with it.
      await client.end();
    }
  });
}
