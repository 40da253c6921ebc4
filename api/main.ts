/** The API program: `node api/main.ts`; `--help` prints its environment. */
import { openDatabase } from '../db/client.ts';
import { createClock } from '../infra/runtime/clock.ts';
import { API_GRACE_MS } from '../infra/runtime/grace.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { API, loadConfiguration } from '../infra/runtime/programs.ts';
import { startOrExit } from '../infra/runtime/start-or-exit.ts';
import { createRegistry, startTelemetry } from '../infra/runtime/telemetry.ts';
import { createApp } from './app.ts';
import { startServer } from './http/server.ts';
import { openLifecycleGateway } from './lifecycle-gateway.ts';
import { createRequestMetrics, registerAccountGauges } from './metrics.ts';

const configuration = loadConfiguration(API);
const logger = createLogger({ program: 'api', level: configuration.logLevel });
const database = openDatabase(configuration.databaseUrl.reveal());
const clock = createClock(configuration);
const temporal = openLifecycleGateway(configuration, clock);
const registry = createRegistry('api');
registerAccountGauges(registry, database.db, { clock, logger });
const readiness = {
  database: () => database.ping().then(() => 'ok'),
  temporal: () => temporal.gateway.ping().then(() => 'ok'),
};

const { metricsHost, metricsPort, apiHost, apiPort } = configuration;
const telemetry = await startOrExit(
  startTelemetry({ host: metricsHost, port: metricsPort, registry, readiness, logger }),
  logger,
);
const app = createApp({
  db: database.db,
  gateway: temporal.gateway,
  clock,
  logger,
  metrics: createRequestMetrics(registry),
  readiness,
  allowShortIntervals: configuration.allowShortIntervals,
  publicUrl: configuration.publicUrl,
});
const server = await startOrExit(startServer(app, { host: apiHost, port: apiPort }), logger);
logger.info({ url: server.url }, 'api listens');

let isEnding = false;

async function end(signal: string): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  logger.info({ signal }, 'api ends: it finishes the requests that run');
  telemetry.drain();
  await server.drain(API_GRACE_MS);
  await Promise.all([database.close(), temporal.close(), telemetry.close()]);
  logger.info('api ended');
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    end(signal).catch((error: unknown) => {
      logger.error({ error }, 'api did not end as it should');
      process.exit(1);
    });
  });
}
