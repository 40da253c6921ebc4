/** A Temporal server with its data in a file, from the Temporal command line. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, run } from './command.ts';
import { CACHE } from './paths.ts';
import type { LaunchSpec } from './processes.ts';

/** The newest tag that `go install` takes. */
const VERSION = 'v1.5.1';

/** The path of the Temporal command line, built from source when the machine has none. */
export async function ensureTemporal(say: (text: string) => void): Promise<string> {
  const named = process.env['TEMPORAL_CLI'];
  if (named) {
    if (!existsSync(named)) throw new Error(`TEMPORAL_CLI names ${named}, which does not exist.`);
    return named;
  }
  const cached = join(CACHE, 'bin', 'temporal');
  if (existsSync(cached)) return cached;
  const found = await attempt('sh', ['-c', 'command -v temporal']);
  if (found.code === 0) return found.stdout.trim();
  if ((await attempt('sh', ['-c', 'command -v go'])).code !== 0) {
    throw new Error('Temporal: neither the `temporal` command nor Go to build it is here. Install one of them.');
  }
  say(`building the Temporal server ${VERSION} (once, about 4 minutes)`);
  // With what Go downloads and compiles in the cache too; writable, so that deleting the cache deletes it.
  const env = {
    GOBIN: join(CACHE, 'bin'),
    GOPATH: join(CACHE, 'go'),
    GOCACHE: join(CACHE, 'go-build'),
    GOMODCACHE: join(CACHE, 'go', 'pkg', 'mod'),
  };
  await run('go', ['install', '-modcacherw', `github.com/temporalio/cli/cmd/temporal@${VERSION}`], { env });
  return cached;
}

export interface TemporalPorts {
  readonly port: number;
  readonly uiPort: number;
}

/**
 * By default each transaction of the server copies pages into a journal first and waits for the disk several times. With
 * a write-ahead log it appends, and waits at checkpoints only. A killed server loses nothing: what it wrote is in the
 * kernel's hands. A power cut may lose the last transactions, which a stack on one machine can bear.
 */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/**
 * The development server has one shard, and a shard looks for new tasks 20 times a second by default, in bursts of as
 * many: on an idle machine a step would wait up to 50 ms for the next look. A server for production should
 * have many shards, so that an account seldom comes near the limit of its own one.
 *
 * An activity of the control plane is handed to it with the answer to the workflow task that asked for it. By default it
 * is queued first: when many accounts are due at once, each is forgotten by then, and replayed when its activity is done.
 *
 * By default a queue has four partitions. An engine polls with fewer calls than that, and a task in a partition where nobody
 * polls is handed on at most ten times a second; one that is too many waits two seconds for its next turn.
 *
 * Steps of accounts that are begun go before those of others, which this version does with its new matcher only.
 */
const DYNAMIC_CONFIGURATION = [
  'history.transferProcessorMaxPollRPS=1000',
  'system.enableActivityEagerExecution=true',
  'matching.useNewMatcher=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

export function temporalSpec(command: string, databaseFile: string, ports: TemporalPorts): LaunchSpec {
  const address = ['--ip', '127.0.0.1', '--port', String(ports.port), '--ui-port', String(ports.uiPort)];
  const options = [
    ...SQLITE_PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...DYNAMIC_CONFIGURATION.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
  return {
    role: 'temporal',
    command,
    args: ['server', 'start-dev', '--db-filename', databaseFile, ...options, ...address, '--log-level', 'warn'],
    env: {},
  };
}

/** Whether the server takes requests for its default namespace. */
export async function isTemporalServing(command: string, address: string): Promise<boolean> {
  const { code } = await attempt(command, ['operator', 'namespace', 'describe', 'default', '--address', address]);
  return code === 0;
}
