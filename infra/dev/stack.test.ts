import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProcess, stopProcess, stopStack } from './stack.ts';
import { ROLES, writeStack } from './state.ts';

/** A stack of no process, in a folder of its own. */
async function emptyStack(): Promise<string> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'alm-stack-test-'));
  await mkdir(join(stateFolder, 'launch'));
  await writeStack(stateFolder, { domains: [], vaults: [], processes: [] });
  return stateFolder;
}

async function processAtHomeIn(home: string): Promise<ChildProcess> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: home } });
  await once(child, 'spawn');
  return child;
}

test('what was started and never recorded ends with its stack, and nothing else does', async () => {
  const stateFolder = await emptyStack();
  const [mine, anothers] = [await processAtHomeIn(stateFolder), await processAtHomeIn(`${stateFolder}-2`)];
  const ended = once(mine, 'exit');
  await stopStack(stateFolder);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(anothers.exitCode ?? anothers.signalCode).toBeNull();
  expect(existsSync(stateFolder)).toBe(false);
  anothers.kill();
});

test('a process that the stack never had is not started, nor said to be stopped', async () => {
  const stateFolder = await emptyStack();
  await expect(startProcess(stateFolder, 'api')).rejects.toThrow('this stack has no api');
  await expect(stopProcess(stateFolder, 'engine', 'corp.example.test')).rejects.toThrow(
    'no engine of corp.example.test',
  );
  await stopStack(stateFolder);
});

test('the status of a stack may be read by somebody who has seen enough', async () => {
  const stateFolder = await emptyStack();
  for (const role of ROLES) await writeFile(join(stateFolder, 'launch', `${role}.json`), JSON.stringify({ role }));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.ts'), 'status', '--state', stateFolder]);
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number];
  expect(complaints).toBe('');
  expect(code).toBe(141);
  await stopStack(stateFolder);
});
