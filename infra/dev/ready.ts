/** When a process of a stack does its work: asked of the process itself, as its clients would. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import { eventually } from './eventually.ts';
import { openVault } from './openbao.ts';
import { ensureDatabase } from './postgres.ts';
import { findProcess, isRunning, launchVariable, processName } from './processes.ts';
import { isServing } from './samba.ts';
import type { Parts } from './setup.ts';
import { openServerClock } from './skipping-server.ts';
import { readStack, writePrivately, type ProcessRole } from './state.ts';
import { isTemporalServing } from './temporal.ts';

const READY_WITHIN_MS = 90_000;

/** Waits until a process does its work. Throws, with the end of its log, when it does not, or when it has ended. */
export async function awaitReady(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<void> {
  const name = processName(role, fqdn);
  let ended = false;
  const probe = async (): Promise<boolean> => {
    const process = await findProcess(stateFolder, role, fqdn);
    ended = !process || !(await isRunning(stateFolder, process));
    return ended || isReady(stateFolder, role, fqdn);
  };
  try {
    await eventually(`${name} is ready`, probe, { timeoutMs: READY_WITHIN_MS, intervalMs: 150 });
    if (ended) throw new Error(`${name} ended instead of becoming ready`);
  } catch (error) {
    const log = await run('tail', ['-n', '15', join(stateFolder, 'logs', `${name}.log`)]).catch(() => '');
    throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
  }
}

async function isReady(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<boolean> {
  const stack = await readStack(stateFolder);
  switch (role) {
    case 'samba':
      return isServing(stack.domains.find((domain) => domain.fqdn === fqdn)!);
    case 'postgres':
      return ensureDatabase(stack.postgres!.url);
    case 'temporal':
      if (stack.play) return isSkippingServerServing(stack.temporal!.address);
      return isTemporalServing((await readParts(stateFolder)).temporal, stack.temporal!.address);
    case 'vault':
      // A vault that was restarted is sealed.
      await openVault(stack.vaults[0]!.address, join(stateFolder, 'vault'));
      return true;
    case 'api':
    case 'control-plane':
    case 'engine': {
      const port = await launchVariable(stateFolder, role, fqdn, 'ALM_METRICS_PORT');
      const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(5000) });
      return response.status === 200;
    }
  }
}

async function isSkippingServerServing(address: string): Promise<boolean> {
  const clock = await openServerClock(address);
  await clock.now().finally(() => clock.close());
  return true;
}

/** Remembers where the commands are that the parts are run by. */
export async function writeParts(stateFolder: string, parts: Parts): Promise<void> {
  await writePrivately(join(stateFolder, 'launch', 'parts.json'), JSON.stringify(parts));
}

async function readParts(stateFolder: string): Promise<Parts> {
  return JSON.parse(await readFile(join(stateFolder, 'launch', 'parts.json'), 'utf8')) as Parts;
}
