/** The engine program: `node workers/engine.ts`; `--help` prints its environment. */
import { Worker } from '@temporalio/worker';
import { domainTaskQueue } from '../contracts/ids.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import { EXIT_CODE_MISCONFIGURED } from '../infra/runtime/environment.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { ENGINE, loadConfiguration } from '../infra/runtime/programs.ts';
import { createRegistry } from '../infra/runtime/telemetry.ts';
import { activityInterceptor } from './activity-interceptor.ts';
import { composeEngine, type Engine } from './compose-engine.ts';
import { engineReadiness } from './engine-readiness.ts';
import { untilTooPowerful } from './power-check.ts';
import { runWorker, SHUTDOWN_GRACE } from './run-worker.ts';

const configuration = loadConfiguration(ENGINE);
const logger = createLogger({ program: 'engine', level: configuration.logLevel }).child({
  domain: configuration.domain,
});
const engine = composeOrExit();
const registry = createRegistry('engine');

void untilTooPowerful(engine.directory).then((findings) => {
  logger.fatal({ findings }, "the engine must not run: its account in the domain may do more than the engine's work");
  process.exit(EXIT_CODE_MISCONFIGURED);
});

process.exit(
  await runWorker({
    configuration,
    logger,
    registry,
    readiness: engineReadiness(engine, logger),
    createWorker: (connection) =>
      Worker.create({
        connection,
        namespace: configuration.temporalNamespace,
        taskQueue: domainTaskQueue(configuration.domain),
        activities: engine.activities,
        dataConverter: createDataConverter(configuration.codecKeys),
        interceptors: { activity: [activityInterceptor(logger, registry)] },
        shutdownGraceTime: SHUTDOWN_GRACE,
        maxConcurrentActivityTaskExecutions: configuration.maxConcurrentSteps,
        // A worker that ends loses tasks on their way to it: few polls, few losses.
        maxConcurrentActivityTaskPolls: 2,
      }),
    close: async () => engine.directory.close(),
  }),
);

/** An unsafe start (NODE_DEBUG that prints passwords, a vault over plain http) is refused before anything is connected. */
function composeOrExit(): Engine {
  try {
    return composeEngine(configuration);
  } catch (error) {
    logger.fatal({ error }, 'the engine cannot start with this configuration');
    process.exit(EXIT_CODE_MISCONFIGURED);
  }
}
