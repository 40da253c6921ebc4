/**
 * A stack must not outlive the command that started it, however that one ends. A shell waits for the command to be gone
 * and then takes the stack down, unless the stack is kept or down already.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE, PROJECT } from './paths.ts';
import { identify, isAlive, type Identity } from './process-identity.ts';
import { writePrivately } from './state.ts';

const SCRIPT = `while kill -0 "$0" 2>/dev/null; do sleep 1; done
[ ! -e "$1/stack.json" ] || exec "$2" "$3" down --state "$1" >"$1/logs/guard.log" 2>&1`;

/** Watches over the stack on behalf of this process. */
export async function postGuard(stateFolder: string): Promise<void> {
  const watched = [String(process.pid), stateFolder];
  const child = spawn('sh', ['-c', SCRIPT, ...watched, NODE, join(PROJECT, 'infra/dev/cli.ts')], {
    cwd: '/',
    stdio: 'ignore',
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  await writePrivately(guardFile(stateFolder), JSON.stringify(await identify(child.pid!)));
}

/** Ends the watch: the stack lives on, or is down. The guard itself, taking the stack down, goes on. */
export async function dismissGuard(stateFolder: string): Promise<void> {
  const text = await readFile(guardFile(stateFolder), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const guard = JSON.parse(text) as Identity;
  if (guard.pid !== process.pid && (await isAlive(guard))) process.kill(-guard.pid, 'SIGKILL');
}

function guardFile(stateFolder: string): string {
  return join(stateFolder, 'launch', 'guard.json');
}
