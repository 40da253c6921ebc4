/** One engine from its start to its end: its activities on its domain's queue, its telemetry, and its reasons to end. */
import { Worker } from '@temporalio/worker';
import { domainTaskQueue } from '../contracts/ids.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import { EXIT_CODE_MISCONFIGURED } from '../infra/runtime/environment.ts';
import { WORKER_GRACE_MS } from '../infra/runtime/grace.ts';
import { createLogger, type Logger } from '../infra/runtime/logger.ts';
import { createRegistry } from '../infra/runtime/telemetry.ts';
import { activityInterceptor } from './activity-interceptor.ts';
import { composeEngine, type Engine, type EngineConfiguration, type EngineConnections } from './compose-engine.ts';
import { engineReadiness } from './engine-readiness.ts';
import { runWorker } from './run-worker.ts';

/**
 * Runs until SIGTERM or SIGINT, or until its worker fails, and resolves with the exit code. Ends the process by itself when
 * the engine must not run. `connections` are for tests.
 */
export async function runEngine(configuration: EngineConfiguration, connections?: EngineConnections): Promise<number> {
  const logger = createLogger({ program: 'engine', level: configuration.logLevel }).child({
    domain: configuration.domain,
  });
  const engine = await composeOrExit(configuration, connections, logger);
  const registry = createRegistry('engine');

  void engine.powerCheck.untilTooPowerful().then((findings) => {
    logger.fatal({ findings }, "the engine must not run: its account in the domain may do more than the engine's work");
    process.exit(EXIT_CODE_MISCONFIGURED);
  });

  return runWorker({
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
        shutdownGraceTime: WORKER_GRACE_MS,
        maxConcurrentActivityTaskExecutions: configuration.maxConcurrentSteps,
        // A worker that ends loses tasks on their way to it: few polls, few losses.
        maxConcurrentActivityTaskPolls: 2,
        // By default a heartbeat is held back until little of the timeout is left: a short stall would cost the attempt.
        maxHeartbeatThrottleInterval: '2 s',
      }),
    close: async () => engine.directory.close(),
  });
}

/** An unsafe start (NODE_DEBUG that prints passwords, a vault over plain http) is refused before anything is connected. */
async function composeOrExit(
  configuration: EngineConfiguration,
  connections: EngineConnections | undefined,
  logger: Logger,
): Promise<Engine> {
  try {
    return await composeEngine(configuration, connections);
  } catch (error) {
    logger.fatal({ error }, 'the engine cannot start with this configuration');
    process.exit(EXIT_CODE_MISCONFIGURED);
  }
}
