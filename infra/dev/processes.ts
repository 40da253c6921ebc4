/**
 * The processes of a stack. Each has a launch specification in the state folder, so that any later command can start it
 * again just as it was; each is ended by its own pid, and only while that pid still means the process that was started.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STOP_WITHIN_MS } from '../runtime/grace.ts';
import { eventually } from './eventually.ts';
import { CACHE } from './paths.ts';
import { identify, isAlive, type Identity } from './process-identity.ts';
import { readStack, updateStack, writePrivately, type ProcessRole, type StackProcess } from './state.ts';

/** All that is needed to start a process. Secrets are in files that the environment names, never in here. */
export interface LaunchSpec {
  readonly role: ProcessRole;
  readonly domain?: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** How to ask it to end; Postgres ends fast with SIGINT. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
}

export function processName(role: ProcessRole, domain?: string): string {
  return domain ? `${role}-${domain}` : role;
}

/** Where a process of this role writes its log. */
export function logFileOf(stateFolder: string, role: ProcessRole, domain?: string): string {
  return join(stateFolder, 'logs', `${processName(role, domain)}.log`);
}

/** Writes the specification, starts the process and records it in `stack.json`. */
export async function launch(stateFolder: string, spec: LaunchSpec): Promise<StackProcess> {
  const path = specPath(stateFolder, spec.role, spec.domain);
  await writePrivately(path, JSON.stringify(spec, null, 2));
  return start(stateFolder, spec);
}

/** Starts a process again from its specification, and records it in the place of its predecessor. */
export async function relaunch(stateFolder: string, role: ProcessRole, domain?: string): Promise<StackProcess> {
  await assertLaunched(stateFolder, role, domain);
  return start(stateFolder, JSON.parse(await readFile(specPath(stateFolder, role, domain), 'utf8')) as LaunchSpec);
}

/** Throws when the stack never had a process of this role. */
export async function assertLaunched(stateFolder: string, role: ProcessRole, domain?: string): Promise<void> {
  if (existsSync(specPath(stateFolder, role, domain))) return;
  const { domains } = await readStack(stateFolder);
  const known = domain ? `; its domains are ${domains.map(({ fqdn }) => fqdn).join(', ')}` : '';
  throw new Error(`this stack has no ${domain ? `${role} of ${domain}` : role}${known}`);
}

/** Every process that the stack ever had, by the names of its specifications. */
export async function launched(stateFolder: string): Promise<Pick<LaunchSpec, 'role' | 'domain'>[]> {
  const files = (await readdir(join(stateFolder, 'launch'))).filter((name) => name.endsWith('.json')).sort();
  const texts = await Promise.all(files.map(async (name) => readFile(join(stateFolder, 'launch', name), 'utf8')));
  return texts
    .map((text) => JSON.parse(text) as Partial<LaunchSpec>)
    .flatMap((spec) => (spec.role ? [{ role: spec.role, ...(spec.domain ? { domain: spec.domain } : {}) }] : []));
}

/** A variable of a process's environment, as its specification has it. */
export async function launchVariable(
  stateFolder: string,
  role: ProcessRole,
  domain: string | undefined,
  name: string,
): Promise<string | undefined> {
  const spec = JSON.parse(await readFile(specPath(stateFolder, role, domain), 'utf8')) as LaunchSpec;
  return spec.env[name];
}

async function start(stateFolder: string, spec: LaunchSpec): Promise<StackProcess> {
  const logFile = logFileOf(stateFolder, spec.role, spec.domain);
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: '/',
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: stateFolder,
        LANG: 'C.UTF-8',
        TZ: 'UTC',
        // Compiled code from the last start; Node checks that it belongs to the very source that it loads.
        NODE_COMPILE_CACHE: join(CACHE, 'compile-cache'),
        ...spec.env,
      },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const started: StackProcess = { ...who(spec), pid: child.pid!, logFile };
    await record(stateFolder, started);
    return started;
  } finally {
    await log.close();
  }
}

/** A process that ends at once is recorded all the same: whoever waits for it finds its log. */
async function record(stateFolder: string, process: StackProcess): Promise<void> {
  await replace(stateFolder, process, process);
  const identity = await identify(process.pid).catch((): Identity => ({ pid: process.pid, startedAt: 'never' }));
  await writePrivately(identityPath(stateFolder, process), JSON.stringify(identity));
}

/** The recorded process of this role. */
export async function findProcess(
  stateFolder: string,
  role: ProcessRole,
  domain?: string,
): Promise<StackProcess | undefined> {
  const { processes } = await readStack(stateFolder);
  return processes.find((process) => process.role === role && process.domain === domain);
}

/** Whether the very process that was started still runs. */
export async function isRunning(stateFolder: string, process: StackProcess): Promise<boolean> {
  const text = await readFile(identityPath(stateFolder, process), 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const identity = JSON.parse(text) as Identity;
  return identity.pid === process.pid && (await isAlive(identity));
}

/** Asks the process to end and waits; after `graceMs` it is killed. One that does not run any more is left alone. */
export async function terminate(stateFolder: string, process: StackProcess, graceMs = STOP_WITHIN_MS): Promise<void> {
  if (!(await isRunning(stateFolder, process))) return;
  const text = await readFile(specPath(stateFolder, process.role, process.domain), 'utf8').catch(() => '{}');
  signal(process.pid, (JSON.parse(text) as Partial<LaunchSpec>).stopSignal ?? 'SIGTERM');
  const hasEnded = async (): Promise<boolean> => !(await isRunning(stateFolder, process));
  await eventually('it ends', hasEnded, { timeoutMs: graceMs, intervalMs: 50 }).catch(() => undefined);
  await killNow(process.pid);
}

/**
 * SIGKILL, as a power cut would, to the process and its group: Samba's children must not outlive their parent and hold its
 * ports. Postgres's notice by themselves.
 */
export async function killNow(pid: number): Promise<void> {
  signal(-pid, 'SIGKILL');
  await eventually(`process ${pid} is gone`, async () => !signal(-pid, 0), { timeoutMs: 10_000, intervalMs: 20 });
}

/** Kills the processes that belong to the state folder and are on no record: each was started with it as its home. */
export async function endLeftovers(stateFolder: string): Promise<void> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if (pid !== process.pid && environment.split('\0').includes(`HOME=${stateFolder}`)) signal(pid, 'SIGKILL');
    }),
  );
}

/** Takes a process out of `stack.json`. */
export async function forget(stateFolder: string, role: ProcessRole, domain?: string): Promise<void> {
  await replace(stateFolder, { role, domain });
}

async function replace(
  stateFolder: string,
  { role, domain }: { readonly role: ProcessRole; readonly domain?: string | undefined },
  replacement?: StackProcess,
): Promise<void> {
  await updateStack(stateFolder, ({ processes, ...stack }) => {
    const others = processes.filter((other) => other.role !== role || other.domain !== domain);
    return { ...stack, processes: replacement ? [...others, replacement] : others };
  });
}

function who({ role, domain }: Pick<LaunchSpec, 'role' | 'domain'>): Pick<StackProcess, 'role' | 'domain'> {
  return { role, ...(domain ? { domain } : {}) };
}

/** Answers whether there was somebody to take the signal. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

function specPath(stateFolder: string, role: ProcessRole, domain?: string): string {
  return join(stateFolder, 'launch', `${processName(role, domain)}.json`);
}

function identityPath(stateFolder: string, { role, domain }: StackProcess): string {
  return join(stateFolder, 'launch', `${processName(role, domain)}.process.json`);
}
