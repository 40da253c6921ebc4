/**
 * The processes of a stack. Each has a launch specification in the state folder, so that any later command can start it
 * again just as it was; each is ended by its own pid.
 */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { readStack, writePrivately, writeStack, type ProcessRole, type StackProcess } from './state.ts';

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

/** Writes the specification and starts the process. */
export async function launch(stateFolder: string, spec: LaunchSpec): Promise<StackProcess> {
  const path = specPath(stateFolder, spec.role, spec.domain);
  await writePrivately(path, JSON.stringify(spec, null, 2));
  return start(stateFolder, spec);
}

/** Starts a process of a kept stack from its specification. */
export async function relaunch(stateFolder: string, role: ProcessRole, domain?: string): Promise<StackProcess> {
  const text = await readFile(specPath(stateFolder, role, domain), 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error(`this stack has no ${processName(role, domain)}`);
  return start(stateFolder, JSON.parse(text) as LaunchSpec);
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
  const logFile = join(stateFolder, 'logs', `${processName(spec.role, spec.domain)}.log`);
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', HOME: stateFolder, LANG: 'C.UTF-8', TZ: 'UTC', ...spec.env },
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
    return { role: spec.role, ...(spec.domain ? { domain: spec.domain } : {}), pid: child.pid!, logFile };
  } finally {
    await log.close();
  }
}

/** Asks the process to end and waits; after `graceMs` it is killed. */
export async function terminate(
  stateFolder: string,
  { role, domain, pid }: StackProcess,
  graceMs = 20_000,
): Promise<void> {
  const text = await readFile(specPath(stateFolder, role, domain), 'utf8').catch(() => '{}');
  signal(pid, (JSON.parse(text) as Partial<LaunchSpec>).stopSignal ?? 'SIGTERM');
  await eventually(`${processName(role, domain)} ends`, async () => !isAlive(pid), { timeoutMs: graceMs }).catch(() =>
    killNow(pid),
  );
}

/** SIGKILL, to the process and what it started. */
export async function killNow(pid: number): Promise<void> {
  // Detached processes lead a group: Samba's and Postgres's children must not outlive a killed parent and hold its ports.
  signal(-pid, 'SIGKILL');
  signal(pid, 'SIGKILL');
  await eventually(`process ${pid} is gone`, async () => !isAlive(pid), { timeoutMs: 10_000, intervalMs: 20 });
}

export function isAlive(pid: number): boolean {
  return signal(pid, 0);
}

/** Puts a started process into `stack.json`, in the place of its predecessor. */
export async function recordProcess(stateFolder: string, process: StackProcess): Promise<void> {
  await forgetProcess(stateFolder, process.role, process.domain, process);
}

/** Takes a process out of `stack.json`. */
export async function forgetProcess(
  stateFolder: string,
  role: ProcessRole,
  domain?: string,
  replacement?: StackProcess,
): Promise<void> {
  const stack = await readStack(stateFolder);
  const others = stack.processes.filter((other) => other.role !== role || other.domain !== domain);
  await writeStack(stateFolder, { ...stack, processes: replacement ? [...others, replacement] : others });
}

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
