/** The rebuild program: `node workers/rebuild-projection.ts`; `--help` prints its environment. */
import { openLifecycleGateway } from '../api/lifecycle-gateway.ts';
import { openDatabase } from '../db/client.ts';
import { projectTransition, restoreAccount } from '../db/project-account.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { loadConfiguration, REBUILD_PROJECTION } from '../infra/runtime/programs.ts';

const PROGRESS_EVERY = 1_000;

const configuration = loadConfiguration(REBUILD_PROJECTION);
const logger = createLogger({ program: 'rebuild-projection', level: configuration.logLevel });
const database = openDatabase(configuration.databaseUrl.reveal());
const temporal = openLifecycleGateway(configuration);

/** Writes every recorded transition again: what the projection has already changes nothing, so it may be repeated. */
async function rebuild(): Promise<void> {
  const accounts = new Set<string>();
  let transitions = 0;
  for await (const { account, events } of temporal.gateway.recordedTransitions()) {
    accounts.add(account.id);
    if (events.length === 0) {
      await restoreAccount(database.db, account);
      continue;
    }
    // Without their notices: the outbox is no projection, and people were told when it happened.
    await projectTransition(database.db, { account, events }, new Date().toISOString());
    transitions += 1;
    if (transitions % PROGRESS_EVERY === 0) logger.info({ transitions, accounts: accounts.size }, 'goes on');
  }
  logger.info({ transitions, accounts: accounts.size }, 'the projection is complete');
}

// Temporal may be away, and is waited for: whoever looks on is to know for what.
logger.info(
  { temporal: configuration.temporalAddress },
  'begins: asks Temporal for every account, and waits while it does not answer',
);
try {
  await rebuild();
} catch (error) {
  logger.fatal({ error }, 'the projection is not complete; mend the cause and run it again');
  process.exitCode = 1;
} finally {
  await Promise.allSettled([database.close(), temporal.close()]);
}
