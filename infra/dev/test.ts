/** `npm test`: sets up what is missing, then formats, lints, types, import rules, and every test. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NODE, PROJECT } from './paths.ts';
import { setUp } from './setup.ts';

const HELP = `usage: npm test [-- --no-servers] [-- file …]

  --no-servers   everything that needs no server: seconds instead of minutes (npm run check)
  file …         run these test files only, without lint`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'no-servers': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) {
  console.log(HELP);
} else {
  const begin = performance.now();
  const say = (text: string): void =>
    console.log(`${((performance.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  process.exitCode = await check(say);
}

/** Runs lint and tests, both even when the first fails; answers the exit code. */
async function check(say: (text: string) => void): Promise<number> {
  if (!values['no-servers']) {
    try {
      await setUp(say);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    }
  }
  const codes: number[] = [];
  if (positionals.length === 0) {
    say('formats, lints, types, import rules, dead code');
    codes.push(await runTool([join(PROJECT, 'infra/dev/lint.ts')]));
  }
  say('tests');
  const projects = values['no-servers'] ? ['--project', 'unit'] : [];
  codes.push(await runTool([join(PROJECT, 'node_modules/vitest/vitest.mjs'), 'run', ...projects, ...positionals]));
  const failed = codes.some((code) => code !== 0);
  say(failed ? 'something failed: see above' : 'all checks passed');
  return failed ? 1 : 0;
}

async function runTool(args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(NODE, args, { cwd: PROJECT, stdio: 'inherit' });
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
