/**
 * Resident memory of programs that have nothing to do: an engine against a bare worker, and a control plane that has put
 * many accounts to sleep against one that has put few. Every sample is of a fresh process.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE, PROJECT } from '../infra/dev/paths.ts';
import { launch } from '../infra/dev/processes.ts';
import { engineSpec } from '../infra/dev/programs.ts';
import { awaitReady } from '../infra/dev/ready.ts';
import { readEngineCredentials } from '../infra/dev/stack.ts';
import { readStack, writePrivately, type StackProcess } from '../infra/dev/state.ts';
import { percentile, type Measure } from './measure.ts';
import { openSleepers, stopLaunched, type Population } from './sleeping-accounts.ts';

/** How many accounts sleep, and of how many fresh processes of each kind the median is taken. */
export interface MemorySize {
  readonly few: number;
  readonly many: number;
  readonly engines: number;
  readonly controlPlanes: number;
}

const DEFAULT_SIZE: MemorySize = { few: 100, many: 3_000, engines: 3, controlPlanes: 1 };
/** Garbage of a burst of work stays until V8 finds the process idle: seen after 24 to 36 seconds, all at once. */
const SETTLE_MS = 45_000;
const LOOKS = 5;

/** Both figures, on the servers of the stack of `stateFolder`. `say` is told what goes on, a line at a time. */
export async function memory(
  stateFolder: string,
  say: (text: string) => void,
  size: MemorySize = DEFAULT_SIZE,
): Promise<Measure[]> {
  return [await engineMemory(stateFolder, say, size), await controlPlaneMemory(stateFolder, say, size)];
}

async function engineMemory(stateFolder: string, say: (text: string) => void, size: MemorySize): Promise<Measure> {
  say(`memory of ${size.engines} idle engines and as many bare workers`);
  const launched: StackProcess[] = [];
  const launchAll = async (start: (name: string) => Promise<StackProcess>, kind: string): Promise<StackProcess[]> => {
    const processes: StackProcess[] = [];
    for (let number = 1; number <= size.engines; number += 1) processes.push(await start(`bench-${kind}-${number}`));
    launched.push(...processes);
    return processes;
  };
  try {
    const engines = await launchAll((name) => startEngine(stateFolder, name), 'engine');
    const bare = await launchAll((name) => startBareWorker(stateFolder, name), 'bare-worker');
    for (const { domain } of engines) await awaitReady(stateFolder, 'engine', domain);
    const [engine, bareWorker] = await Promise.all([residentWhenIdle(engines), residentWhenIdle(bare)]);
    return compare('resident memory of an idle engine', 1.5, { engine, 'bare worker': bareWorker });
  } finally {
    for (const process of launched) await stopLaunched(stateFolder, process);
  }
}

/** `name` tells it from the engine of a whole stack, in `stack.json`. */
async function startEngine(stateFolder: string, name: string): Promise<StackProcess> {
  const { temporal, domains, vaults } = await readStack(stateFolder);
  const domain = domains[0]!;
  // It is given no work, so any key will do.
  const codecKeysFile = join(stateFolder, 'secrets', `${name}-codec-keys`);
  await writePrivately(codecKeysFile, `bench:${randomBytes(32).toString('base64')}`);
  const around = { stateFolder, temporalAddress: temporal!.address, databaseUrlFile: '', codecKeysFile };
  const credentials = await readEngineCredentials(stateFolder, domain.fqdn);
  const spec = await engineSpec(around, domain, credentials, vaults[0]!.address);
  return launch(stateFolder, { ...spec, domain: name });
}

async function startBareWorker(stateFolder: string, name: string): Promise<StackProcess> {
  const { temporal } = await readStack(stateFolder);
  return launch(stateFolder, {
    role: 'engine',
    domain: name,
    command: NODE,
    args: [join(PROJECT, 'bench/bare-worker.ts'), temporal!.address],
    env: { NODE_ENV: 'production' },
  });
}

async function controlPlaneMemory(
  stateFolder: string,
  say: (text: string) => void,
  size: MemorySize,
): Promise<Measure> {
  const sleepers = await openSleepers(stateFolder);
  try {
    say(`putting ${size.few} and ${size.many} accounts to sleep`);
    const populations = [await sleepers.populate(size.many), await sleepers.populate(size.few)];
    const samples: number[][] = [];
    for (let turn = 1; turn <= size.controlPlanes; turn += 1) {
      say(`memory of control planes, ${turn} of ${size.controlPlanes}`);
      samples.push(await sample(stateFolder, populations));
    }
    return compare('resident memory of a control plane', 1.3, {
      [`${size.many} asleep`]: samples.map(([many]) => many!),
      [`${size.few} asleep`]: samples.map(([, few]) => few!),
    });
  } finally {
    await sleepers.close();
  }
}

/** In MB: a fresh control plane for each population, once it has had all its accounts in its hands and rests. */
async function sample(stateFolder: string, populations: readonly Population[]): Promise<number[]> {
  const controlPlanes: StackProcess[] = [];
  try {
    for (const population of populations) {
      controlPlanes.push(await population.startControlPlane());
      await population.visitAll();
    }
    return await residentWhenIdle(controlPlanes);
  } finally {
    for (const controlPlane of controlPlanes) await stopLaunched(stateFolder, controlPlane);
  }
}

/** In MB: the median of some looks at each one's VmRSS, once all have been left alone for a while. */
async function residentWhenIdle(processes: readonly StackProcess[]): Promise<number[]> {
  await sleep(SETTLE_MS);
  const looks: number[][] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    await sleep(500);
    looks.push(await Promise.all(processes.map(({ pid }) => resident(pid))));
  }
  return processes.map((_, index) =>
    percentile(
      looks.map((look) => look[index]!),
      0.5,
    ),
  );
}

/** In MB, at this moment. */
export async function resident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}

/** The median of the first samples by the median of the second ones. */
function compare(name: string, atMost: number, samples: Readonly<Record<string, readonly number[]>>): Measure {
  const medians = Object.values(samples).map((values) => percentile(values, 0.5));
  return {
    name,
    ratio: medians[0]! / medians[1]!,
    target: { atMost },
    evidence: Object.fromEntries(
      Object.entries(samples).map(([of, values]) => [`${of} MB`, values.map((value) => value.toFixed(0)).join('/')]),
    ),
  };
}
