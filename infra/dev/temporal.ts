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
  await run('go', ['install', `github.com/temporalio/cli/cmd/temporal@${VERSION}`], {
    env: { GOBIN: join(CACHE, 'bin') },
  });
  return cached;
}

export interface TemporalPorts {
  readonly port: number;
  readonly uiPort: number;
}

export function temporalSpec(command: string, databaseFile: string, ports: TemporalPorts): LaunchSpec {
  const address = ['--ip', '127.0.0.1', '--port', String(ports.port), '--ui-port', String(ports.uiPort)];
  return {
    role: 'temporal',
    command,
    args: ['server', 'start-dev', '--db-filename', databaseFile, ...address, '--log-level', 'warn'],
    env: {},
  };
}

/** Whether the server takes requests for its default namespace. */
export async function isTemporalServing(command: string, address: string): Promise<boolean> {
  const { code } = await attempt(command, ['operator', 'namespace', 'describe', 'default', '--address', address]);
  return code === 0;
}
