/** An engine of this process in the place of the stack's own one, so that a test can reach into its connections. */
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { domainTaskQueue } from '../../contracts/ids.ts';
import { startProcess, stopProcess } from '../../infra/dev/stack.ts';
import { createDataConverter } from '../../infra/runtime/data-converter.ts';
import { createLogger, type Logger } from '../../infra/runtime/logger.ts';
import { ENGINE, loadConfiguration } from '../../infra/runtime/programs.ts';
import { createRegistry } from '../../infra/runtime/telemetry.ts';
import { activityInterceptor } from '../../workers/activity-interceptor.ts';
import {
  composeEngine,
  type Engine,
  type EngineConfiguration,
  type EngineConnections,
} from '../../workers/compose-engine.ts';
import { runtimeLogger } from '../../workers/runtime-logger.ts';

/** The configuration with which the stack starts the engine of a domain. */
export async function engineConfiguration(stateFolder: string, fqdn: string): Promise<EngineConfiguration> {
  const spec = JSON.parse(await readFile(join(stateFolder, 'launch', `engine-${fqdn}.json`), 'utf8')) as {
    env: Record<string, string>;
  };
  const fail = (text: string): never => {
    throw new Error(text);
  };
  const ignore = (): void => undefined;
  const invocation = {
    env: spec.env,
    argv: [],
    print: ignore,
    complain: fail,
    exit: (code: number) => fail(String(code)),
  };
  return loadConfiguration(ENGINE, invocation);
}

/** Where an engine in a test's process logs: beside the logs of all other processes. */
export const OWN_ENGINE_LOG = 'engine-of-a-test.log';

/** The product's logger at its most talkative, into the stack's folder of logs. */
function logInto(stateFolder: string): Logger {
  const file = join(stateFolder, 'logs', OWN_ENGINE_LOG);
  const destination = { write: (line: string) => appendFileSync(file, line, { mode: 0o600 }) };
  return createLogger({ program: 'engine', level: 'trace', destination });
}

/**
 * Stops the stack's engine of the domain and runs one here, with the product's own logs; the function returned undoes both.
 * Once in a process: the SDK's logger cannot be changed.
 */
export async function replaceEngine(
  stateFolder: string,
  configuration: EngineConfiguration,
  connections: EngineConnections,
): Promise<() => Promise<void>> {
  return replaceByEngines(stateFolder, configuration, [connections], () => 0);
}

/**
 * The same with several engines behind one worker, each with its own connections and all that it remembers; `choose` says
 * which one (from 0) takes a step with this input, and `around` runs it.
 */
export async function replaceByEngines(
  stateFolder: string,
  configuration: EngineConfiguration,
  connections: readonly EngineConnections[],
  choose: (input: object) => number,
  around = async (step: () => Promise<unknown>): Promise<unknown> => step(),
): Promise<() => Promise<void>> {
  await stopProcess(stateFolder, 'engine', configuration.domain);
  const logger = logInto(stateFolder);
  Runtime.install({
    logger: runtimeLogger(logger, 'TRACE'),
    telemetryOptions: { logging: { filter: { core: 'DEBUG', other: 'ERROR' }, forward: {} } },
  });
  const engines = await Promise.all(connections.map(async (each) => composeEngine(configuration, each)));
  // As an engine does when it starts. One after the other: a hundred at once take a controller too long.
  for (const { powerCheck } of engines) await powerCheck.ask();
  const connection = await NativeConnection.connect({ address: configuration.temporalAddress });
  const worker = await Worker.create({
    connection,
    namespace: configuration.temporalNamespace,
    taskQueue: domainTaskQueue(configuration.domain),
    activities: sharedOut(engines, choose, around),
    dataConverter: createDataConverter(configuration.codecKeys),
    interceptors: { activity: [activityInterceptor(logger, createRegistry('engine'))] },
    maxConcurrentActivityTaskExecutions: 100 + engines.length,
    maxConcurrentActivityTaskPolls: 2,
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    for (const { directory } of engines) directory.close();
    await connection.close();
    await startProcess(stateFolder, 'engine', configuration.domain);
  };
}

type Step = (input: object) => Promise<unknown>;

function sharedOut(
  engines: readonly Engine[],
  choose: (input: object) => number,
  around: (step: () => Promise<unknown>) => Promise<unknown>,
): object {
  const stepOf = (engine: Engine, name: string) => (engine.activities as unknown as Record<string, Step>)[name]!;
  const names = Object.keys(engines[0]!.activities);
  return Object.fromEntries(
    names.map((name) => [name, (input: object) => around(() => stepOf(engines[choose(input)]!, name)(input))]),
  );
}
