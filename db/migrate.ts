/** The migration program: `node db/migrate.ts`; `--help` prints its environment. */
import { createLogger } from '../infra/runtime/logger.ts';
import { loadConfiguration, MIGRATE } from '../infra/runtime/programs.ts';
import { applyMigrations } from './apply-migrations.ts';

const configuration = loadConfiguration(MIGRATE);
const logger = createLogger({ program: 'migrate', level: configuration.logLevel });
try {
  await applyMigrations(configuration.databaseUrl.reveal());
  logger.info('the database has the schema of this release');
} catch (error) {
  logger.fatal({ error }, 'the database could not be migrated');
  process.exitCode = 1;
}
