/** An engine of this process in the place of the stack's own one, so that a test can reach into its connections. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { openConnectionFor } from '../../activities/directory/active-directory/active-directory.ts';
import { createHttpsFetch } from '../../activities/vault/kv/transport.ts';
import { domainTaskQueue } from '../../contracts/ids.ts';
import { startProcess, stopProcess } from '../../infra/dev/stack.ts';
import { createDataConverter } from '../../infra/runtime/data-converter.ts';
import { ENGINE, loadConfiguration } from '../../infra/runtime/programs.ts';
import { composeEngine, type EngineConfiguration, type EngineConnections } from '../../workers/compose-engine.ts';
import type { Faults } from './faults.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

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

/** What cuts the calls of an engine with this configuration. */
export function faultyConnections(configuration: EngineConfiguration, faults: Faults): EngineConnections {
  const open = openConnectionFor({
    fqdn: configuration.domain,
    urls: configuration.ldapsUrls,
    ca: configuration.ldapCaPem,
    bindDn: configuration.ldapBindDn,
    bindPassword: configuration.ldapBindPassword,
    managedOus: configuration.managedOus,
  });
  return {
    openConnection: faults.openConnection(open),
    fetch: faults.fetch(createHttpsFetch(configuration.vaultCaPem)),
  };
}

/** Stops the stack's engine of the domain and runs one here; the function returned undoes both. */
export async function replaceEngine(
  stateFolder: string,
  configuration: EngineConfiguration,
  connections: EngineConnections,
): Promise<() => Promise<void>> {
  await stopProcess(stateFolder, 'engine', configuration.domain);
  const { activities, directory } = composeEngine(configuration, connections);
  const connection = await NativeConnection.connect({ address: configuration.temporalAddress });
  const worker = await Worker.create({
    connection,
    namespace: configuration.temporalNamespace,
    taskQueue: domainTaskQueue(configuration.domain),
    activities,
    dataConverter: createDataConverter(configuration.codecKeys),
    maxConcurrentActivityTaskPolls: 2,
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    directory.close();
    await connection.close();
    await startProcess(stateFolder, 'engine', configuration.domain);
  };
}
