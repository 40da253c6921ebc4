/** The control plane program: `node workers/control-plane.ts`; `--help` prints its environment. */
import { Worker } from '@temporalio/worker';
import { createPlatformActivities } from '../activities/platform/activities.ts';
import { attemptTime } from '../activities/platform/attempt-time.ts';
import { CONTROL_TASK_QUEUE } from '../contracts/ids.ts';
import { openDatabase } from '../db/client.ts';
import { createClock } from '../infra/runtime/clock.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import { WORKER_GRACE_MS } from '../infra/runtime/grace.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { CONTROL_PLANE, loadConfiguration } from '../infra/runtime/programs.ts';
import { createRegistry } from '../infra/runtime/telemetry.ts';
import { activityInterceptor } from './activity-interceptor.ts';
import { deploymentOptions } from './deployment.ts';
import { runWorker } from './run-worker.ts';
import { watchSandbox } from './sandbox-calls.ts';
import { workflowBundle } from './workflow-bundle.ts';

const configuration = loadConfiguration(CONTROL_PLANE);
const logger = createLogger({ program: 'control-plane', level: configuration.logLevel });
const database = openDatabase(configuration.databaseUrl.reveal());
const registry = createRegistry('control-plane');
const machineClock = createClock(configuration);
// While somebody skips time, the file of the play clock is behind what Temporal says.
const clock = configuration.playClockFile === undefined ? machineClock : attemptTime;

const watched = watchSandbox((runId) => {
  logger.fatal({ runId }, 'a workflow does not come to an end: no other can go on, so this control plane ends');
  process.exit(1);
});
if (!watched)
  logger.warn(
    'is slower than it could be: start it as `node --import ./workers/sandbox-limit.ts workers/control-plane.ts`',
  );

process.exit(
  await runWorker({
    configuration,
    logger,
    registry,
    readiness: { database: () => database.ping().then(() => 'ok') },
    createWorker: async (connection) =>
      Worker.create({
        connection,
        namespace: configuration.temporalNamespace,
        taskQueue: CONTROL_TASK_QUEUE,
        ...deploymentOptions(configuration.deploymentBuildId),
        workflowBundle: await workflowBundle(logger),
        activities: createPlatformActivities({ db: database.db, clock }),
        dataConverter: createDataConverter(configuration.codecKeys),
        interceptors: { activity: [activityInterceptor(logger, registry)] },
        shutdownGraceTime: WORKER_GRACE_MS,
        // About 0.3 MB each: the sleeping ones are replayed when something happens to them.
        maxCachedWorkflows: configuration.maxCachedWorkflows,
        maxConcurrentActivityTaskExecutions: 20,
      }),
    close: () => database.close(),
  }),
);
