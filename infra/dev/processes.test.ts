import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { launch, terminate } from './processes.ts';
import { writeStack } from './state.ts';

let stateFolder: string;
beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'alm-processes-test-'));
  for (const name of ['launch', 'logs']) await mkdir(join(stateFolder, name));
  await writeStack(stateFolder, { domains: [], vaults: [], processes: [] });
});
afterAll(async () => rm(stateFolder, { recursive: true, force: true }));

/** Asked to end, it takes its time and then says so. */
const SLOW = `trap 'sleep 0.5; echo done; exit 0' TERM; echo up; while :; do sleep 0.05; done`;

async function startSlow() {
  const process = await launch(stateFolder, { role: 'api', command: 'sh', args: ['-c', SLOW], env: {} });
  const log = () => readFile(process.logFile, 'utf8');
  await eventually('it is up', async () => (await log()).endsWith('up\n'), { timeoutMs: 10_000 });
  return { process, log };
}

test('a process that is stopped has its time to end what runs, and is killed after it', async () => {
  const gentle = await startSlow();
  await terminate(stateFolder, gentle.process);
  expect(await gentle.log()).toMatch(/up\ndone\n$/);
  const hasty = await startSlow();
  await terminate(stateFolder, hasty.process, 100);
  expect(await hasty.log()).toMatch(/up\n$/);
});
