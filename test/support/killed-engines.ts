/** Engines in processes of their own that die at a chosen call (dying-engine.ts), and what they tell. */
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CACHE, NODE } from '../../infra/dev/paths.ts';
import type { LaunchSpec } from '../../infra/dev/processes.ts';

/** A call that an engine made in an attempt at a step. */
export interface StepCall {
  readonly activity: string;
  /** Such as `ldap add` or `vault PATCH`. */
  readonly call: string;
  /** The how-manieth of its name in the attempt, from 1: a log-on more or less does not shift the others. */
  readonly nth: number;
  readonly accountId: string;
}

/** `before`: the call was not made. `during`: it was made, its answer reached nobody. */
export const DEATHS = ['before', 'during'] as const;

export interface Death extends Pick<StepCall, 'activity' | 'call' | 'nth'> {
  readonly moment: (typeof DEATHS)[number];
}

const PROGRAM = fileURLToPath(new URL('dying-engine.ts', import.meta.url));

/**
 * Runs an engine of the domain that does one step at a time, until it kills itself, or until `stop`. Answers the calls that
 * it told: the one it died at, none when that did not come about, or all of them when no death was asked for. Throws when it
 * ends in another way.
 */
export async function runEngineUntil(
  stateFolder: string,
  fqdn: string,
  death: Death | null,
  stop: AbortSignal,
): Promise<readonly StepCall[]> {
  const spec = JSON.parse(await readFile(join(stateFolder, 'launch', `engine-${fqdn}.json`), 'utf8')) as LaunchSpec;
  const reportFile = join(stateFolder, 'launch', `death-${randomUUID()}`);
  if (stop.aborted) return [];
  const log = await open(join(stateFolder, 'logs', 'killed-engines.log'), 'a', 0o600);
  const child = spawn(NODE, [PROGRAM], {
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...spec.env,
      PATH: process.env['PATH'] ?? '',
      // Whatever of the stack is left over is known by its home.
      HOME: stateFolder,
      NODE_COMPILE_CACHE: join(CACHE, 'compile-cache'),
      // An address of its own: many start at once, and a port that was free may be taken by another.
      ALM_METRICS_HOST: `127.${randomBytes(3)
        .map((byte) => 1 + (byte % 250))
        .join('.')}`,
      ALM_MAX_CONCURRENT_STEPS: '1',
      TEST_REPORT_FILE: reportFile,
      ...(death ? { TEST_DEATH: JSON.stringify(death) } : {}),
    },
  });
  const end = (): void => void child.kill('SIGKILL');
  stop.addEventListener('abort', end);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    const told = await readFile(reportFile, 'utf8').catch(() => '');
    if (signal !== 'SIGKILL') {
      throw new Error(`an engine ended by itself (${code ?? signal}); its log is killed-engines.log`);
    }
    return told
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as StepCall);
  } finally {
    stop.removeEventListener('abort', end);
    await log.close();
  }
}
