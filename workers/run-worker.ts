/** What both workers do around their work: metrics, health, a graceful end, and a watchdog. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import type { Registry } from 'prom-client';
import type { Logger } from '../infra/runtime/logger.ts';
import { startTelemetry, type ReadinessCheck, type Telemetry } from '../infra/runtime/telemetry.ts';
import { connectionOptions } from '../infra/runtime/temporal.ts';
import type { TemporalConfiguration } from '../infra/runtime/programs.ts';
import { runtimeLogger } from './runtime-logger.ts';
import { temporalReadiness } from './temporal-readiness.ts';

const WATCHDOG_INTERVAL_MS = 1_000;

export interface WorkerProgram {
  readonly configuration: TemporalConfiguration & { readonly metricsHost: string; readonly metricsPort: number };
  readonly logger: Logger;
  readonly registry: Registry;
  readonly readiness: Readonly<Record<string, ReadinessCheck>>;
  readonly createWorker: (connection: NativeConnection) => Promise<Worker>;
  /** Closes what the program opened, after the worker has ended. */
  readonly close: () => Promise<void>;
}

/** Runs the worker until SIGTERM or SIGINT; resolves with the exit code. Whatever ends it is logged. */
export async function runWorker(program: WorkerProgram): Promise<number> {
  const { configuration, logger } = program;
  const sdkMetricsPort = await installRuntime(logger);
  let connection: NativeConnection | undefined;
  try {
    connection = await NativeConnection.connect(connectionOptions(configuration));
    await runOn(connection, program, sdkMetricsPort);
    logger.info('ended');
    return 0;
  } catch (error) {
    logger.fatal({ error, temporal: configuration.temporalAddress }, 'the worker failed');
    return 1;
  } finally {
    await Promise.allSettled([program.close(), connection?.close()]);
  }
}

/** The SDK's logs become lines of ours, its metrics are served on the loopback port returned, signals are left to us. */
async function installRuntime(logger: Logger): Promise<number> {
  const port = await freeLoopbackPort();
  Runtime.install({
    logger: runtimeLogger(logger),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      metrics: { prometheus: { bindAddress: `127.0.0.1:${port}` } },
    },
  });
  return port;
}

async function runOn(connection: NativeConnection, program: WorkerProgram, sdkMetricsPort: number): Promise<void> {
  const { configuration, logger, registry } = program;
  const worker = await program.createWorker(connection);
  const telemetry = await startTelemetry({
    host: configuration.metricsHost,
    port: configuration.metricsPort,
    registry,
    readiness: {
      worker: () => describeState(worker),
      temporal: temporalReadiness(connection),
      ...program.readiness,
    },
    sdkMetricsPort,
    logger,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'ends: it finishes the steps that run');
      telemetry.drain();
      // The other signal may have come before, and a worker that ends cannot be told to end.
      if (worker.getState() === 'RUNNING') worker.shutdown();
    });
  }
  const watchdog = watch(worker, logger);
  try {
    const ended = worker.run();
    logger.info('runs');
    void logReadiness(telemetry, logger);
    await ended;
  } finally {
    clearInterval(watchdog);
    await telemetry.close();
  }
}

/** For whoever reads the log after a start: which part is not there. The program runs all the same. */
async function logReadiness(telemetry: Telemetry, logger: Logger): Promise<void> {
  const checks = await telemetry.check();
  const ready = Object.values(checks).every((result) => result === 'ok');
  logger[ready ? 'info' : 'warn']({ checks }, ready ? 'is ready' : 'is not ready');
}

function describeState(worker: Worker): string {
  const state = worker.getState();
  return state === 'RUNNING' ? 'ok' : `is ${state.toLowerCase()}`;
}

/** A worker whose polls are refused for good goes to FAILED while `run` waits for ever: the process must not seem alive. */
function watch(worker: Worker, logger: Logger): NodeJS.Timeout {
  return setInterval(() => {
    if (worker.getState() !== 'FAILED') return;
    logger.fatal('the worker has failed: Temporal refuses its polls; see the lines before this one');
    process.exit(1);
  }, WATCHDOG_INTERVAL_MS).unref();
}

async function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
