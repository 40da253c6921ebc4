/** The stack that was left running on purpose: later commands find it, and it outlives the command that started it. */
import { existsSync } from 'node:fs';
import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { dismissGuard } from './guard.ts';
import { underLock } from './lock.ts';
import { CACHE } from './paths.ts';
import { stopStack } from './stack.ts';

/** Points at the state folder of the kept stack. */
const KEPT = join(CACHE, 'kept-stack');

/** Leaves the stack running when this command ends. */
export async function keepStack(stateFolder: string): Promise<void> {
  await dismissGuard(stateFolder);
  await mkdir(CACHE, { recursive: true });
  await rm(KEPT, { force: true });
  await symlink(stateFolder, KEPT);
}

/** The state folder of the kept stack. Throws, with what to do, when there is none. */
export async function keptStack(): Promise<string> {
  const folder = await findKept();
  if (!folder) {
    throw new Error('No stack is kept. `npm run demo -- --keep` or `npm run stack -- up` leaves one running.');
  }
  return folder;
}

/**
 * Runs `start`, which starts a stack and keeps it. Throws when one is kept already, and when another command is starting
 * one: a second one would hide the first, which nobody could stop then.
 */
export async function startKept<T>(start: () => Promise<T>): Promise<T> {
  const alone = async (): Promise<T> => {
    const folder = await findKept();
    if (folder) throw new Error(`A stack is kept in ${folder} already. \`npm run demo -- --stop\` ends it.`);
    return start();
  };
  const complaint = 'Another command is starting a stack to keep. `npm run stack -- status` shows it once it runs.';
  return underLock(KEPT, alone, { timeoutMs: 0, complaint });
}

/** Stops a kept stack and removes its state. */
export async function dropStack(stateFolder: string): Promise<void> {
  await stopStack(stateFolder);
  if ((await readlink(KEPT).catch(() => undefined)) === stateFolder) await rm(KEPT, { force: true });
}

async function findKept(): Promise<string | undefined> {
  const folder = await readlink(KEPT).catch(() => undefined);
  return folder && existsSync(join(folder, 'stack.json')) ? folder : undefined;
}
