/** `npm test` and `npm run check`: set up what is missing, then every static check and every test. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readArguments } from './arguments.ts';
import { NODE, PROJECT } from './paths.ts';
import { setUp, setUpStandIns, setUpTestServer } from './setup.ts';

const HELP = `usage: npm test [-- file …]
       npm run check

  npm test       formats, lints, types, import rules, dead code, and every test, most of them on real servers
  file …         these test files only, without the static checks
  npm run check  what needs no servers: static checks, unit, architecture, workflow and replay tests`;

const WITHOUT_SERVERS = ['--project', 'unit', '--project', 'workflow'];

/** Runs everything even when the first part fails; answers the exit code. */
async function check(withServers: boolean, files: readonly string[]): Promise<number> {
  const begin = performance.now();
  const say = (text: string): void =>
    console.log(`${((performance.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  if (withServers) {
    await setUp(say);
    await setUpStandIns(say);
  }
  await setUpTestServer(say);
  const failed: string[] = [];
  if (files.length === 0) {
    say('static checks: formatting, code rules, types, import rules, dead code');
    if (!(await passes('infra/dev/lint.ts'))) failed.push('static checks');
  }
  say('tests');
  const projects = withServers ? [] : WITHOUT_SERVERS;
  if (!(await passes('node_modules/vitest/vitest.mjs', 'run', ...projects, ...files))) failed.push('tests');
  say(failed.length === 0 ? 'all checks passed' : `FAILED: ${failed.join(', ')}; see above`);
  return failed.length === 0 ? 0 : 1;
}

/** Runs one of the tools in the foreground; whether it exited with 0. */
async function passes(script: string, ...args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(NODE, [join(PROJECT, script), ...args], { cwd: PROJECT, stdio: 'inherit' });
    // Vitest stops its servers when it is asked to end; this process must wait for that.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

const { values, positionals } = readArguments(HELP, { 'no-servers': { type: 'boolean', default: false } }, true);
process.exitCode = await check(!values['no-servers'], positionals).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
