/** The stack that was left running on purpose: later commands find it, and it outlives the command that started it. */
import { existsSync } from 'node:fs';
import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { dismissGuard } from './guard.ts';
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

/** Throws when a stack is kept already: a second one would hide it. */
export async function refuseSecondStack(): Promise<void> {
  const folder = await findKept();
  if (folder) throw new Error(`A stack is kept in ${folder} already. \`npm run demo -- --stop\` ends it.`);
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
