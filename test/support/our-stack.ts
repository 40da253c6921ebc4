/** The stack that a test file has to itself while it runs: each of vitest's workers has one. */
import { inject } from 'vitest';

/** Its state folder, with `stack.json` in it. */
export const stateFolder = folderOf(Number(process.env['VITEST_POOL_ID']));

function folderOf(worker: number): string {
  const folder = inject('stateFolders')[worker - 1];
  if (folder === undefined) throw new Error('there is no stack for each worker: use --maxWorkers 1');
  return folder;
}
