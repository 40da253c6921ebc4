/**
 * `npm run lint`: every static check, one after the other, each under its own heading; all of them run, and the failed
 * ones are listed at the end. `--only types,knip` runs a selection.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readArguments, refuseArguments } from './arguments.ts';

const root = join(import.meta.dirname, '..', '..');
const code = ['contracts', 'workflows', 'activities', 'workers', 'api', 'db', 'infra', 'test', 'bench'];
const cruiser = 'dependency-cruiser/bin/dependency-cruiser.mjs';

interface Check {
  readonly name: string;
  readonly what: string;
  /** The tool's script below node_modules: run by this very Node, whatever the machine's own one is. */
  readonly script: string;
  readonly args: readonly string[];
}

const checks: readonly Check[] = [
  {
    name: 'format',
    what: 'formatting (prettier)',
    script: 'prettier/bin/prettier.cjs',
    args: ['--check', '--log-level', 'warn', '.'],
  },
  { name: 'eslint', what: 'code rules (eslint)', script: 'eslint/bin/eslint.js', args: ['--max-warnings', '0', '.'] },
  { name: 'types', what: 'types (tsc)', script: 'typescript/bin/tsc', args: [] },
  {
    name: 'imports',
    what: 'who imports whom (dependency-cruiser)',
    script: cruiser,
    args: ['--config', '.dependency-cruiser.mjs', ...code],
  },
  {
    name: 'reach',
    what: 'what is reachable at run time (dependency-cruiser)',
    script: cruiser,
    args: ['--config', '.dependency-cruiser.runtime.mjs', ...code],
  },
  { name: 'knip', what: 'dead code (knip)', script: 'knip/bin/knip.js', args: ['--no-config-hints'] },
];

/** Runs one check with its output going straight to the terminal; whether it passed. */
function passes(check: Check): boolean {
  const startedAt = performance.now();
  console.log(`\n── ${check.what}`);
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', check.script), ...check.args], {
    cwd: root,
    stdio: 'inherit',
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(status === 0 ? `   ok, ${seconds} s` : `   FAILED, ${seconds} s`);
  return status === 0;
}

const HELP = `usage: npm run lint [-- --only ${checks.map(({ name }) => name).join(',')}]`;

function selected(only: string | undefined): readonly Check[] {
  if (only === undefined) return checks;
  const names = only.split(',');
  const unknown = names.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) refuseArguments(`no such check: ${unknown.join(', ')}`, HELP);
  return checks.filter((check) => names.includes(check.name));
}

const { values } = readArguments(HELP, { only: { type: 'string' } });
const failed = selected(values.only).filter((check) => !passes(check));
console.log(
  failed.length === 0 ? '\nlint: all checks passed' : `\nlint: FAILED: ${failed.map(({ name }) => name).join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
