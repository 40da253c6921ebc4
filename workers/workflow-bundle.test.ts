import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../infra/runtime/logger.ts';
import { anyChangedSince, keepWorkflowBundle, keptWorkflowBundle } from './workflow-bundle.ts';

const logger = createLogger({ program: 'test', level: 'silent' });
const MARK = '\n// kept';
let folder: string;
let path: string;
let kept: { inputs: Record<string, string | null>; code: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alm-bundle-'));
  path = join(folder, 'made-for-it', 'bundle.json');
  await keepWorkflowBundle(logger, path);
  kept = JSON.parse(await readFile(path, 'utf8'));
}, 120_000);

afterAll(async () => rm(folder, { recursive: true, force: true }));

/** Puts a bundle with these inputs in place; its code can be told from any that is built. */
async function keep(inputs: Record<string, string | null>): Promise<void> {
  await writeFile(path, JSON.stringify({ inputs, code: kept.code + MARK }));
}

test('a bundle of these very sources is taken as it is, and not built again', async () => {
  await keep(kept.inputs);
  expect((await keptWorkflowBundle(path))?.code).toBe(kept.code + MARK);
  expect(await keepWorkflowBundle(logger, path)).toBe('was current');
});

test('it depends on our sources, on the SDK inside the sandbox and on the bundler', () => {
  const paths = Object.keys(kept.inputs).filter((file) => kept.inputs[file] !== null);
  for (const part of [
    'workflows/index.ts',
    'workflows/account-lifecycle/workflow.ts',
    'contracts/lifecycle.ts',
    'infra/runtime/failure-converter.ts',
    'node_modules/@temporalio/workflow/lib/workflow.js',
    'node_modules/@temporalio/worker/package.json',
    'workers/workflow-bundle.ts',
  ]) {
    expect(paths.some((file) => file.endsWith(part))).toBe(true);
  }
});

test('our modules are evaluated before any workflow, the one that shortens stack traces first', () => {
  const [, preloaded] = /preloadModules\(\) \{([^}]*)\}/.exec(kept.code)!;
  expect(preloaded).toMatch(/short-stack-traces\.ts[^]*workflows\/index\.ts/);
});

test.each([
  ['a source has changed', { 'contracts/lifecycle.ts': '0'.repeat(64) }],
  ['a source is gone', { 'workflows/long-gone.ts': '0'.repeat(64) }],
  ['a file is there now that was not', { 'package.json': null }],
])('when %s, the kept bundle is not used', async (_what, change) => {
  await keep({ ...kept.inputs, ...change });
  expect(await keptWorkflowBundle(path)).toBeUndefined();
});

test.each(['{"inputs":', '{}', ''])('what is no bundle is not used: %j', async (text) => {
  await writeFile(path, text);
  expect(await keptWorkflowBundle(path)).toBeUndefined();
});

test('none is none', async () => {
  expect(await keptWorkflowBundle(join(folder, 'nowhere.json'))).toBeUndefined();
});

/** Files are stamped by a clock that stands still for some milliseconds. */
const TICK_MS = 25;

test('a source that changes meanwhile tears the bundle, a new file beside the sources does not', async () => {
  const source = join(folder, 'source.ts');
  await writeFile(source, 'export {};');
  const inputs = [folder, source, join(folder, 'not-there.ts')].map((file) =>
    relative(join(import.meta.dirname, '..'), file),
  );
  await sleep(TICK_MS);
  const begin = Date.now();
  await sleep(TICK_MS);
  await writeFile(join(folder, 'of-somebody-else.ts'), '');
  expect(await anyChangedSince(begin, inputs)).toBe(false);
  await writeFile(source, 'export const changed = true;');
  expect(await anyChangedSince(begin, inputs)).toBe(true);
});
