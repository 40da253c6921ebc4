import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { lookAgain } from './sandbox-calls.ts';

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PROGRAM = fileOf('../test/support/endless-worker.ts');

/** What the program says, and how it ends; with the limit that it is started with. */
async function run(...options: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const ended = promisify(execFile)(process.execPath, [...options, PROGRAM]);
  return ended.then(
    (said) => ({ code: 0, ...said }),
    ({ code, stdout, stderr }: { code: unknown; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}

test('looks count while the same call runs, and begin anew with another one or none', () => {
  const looksAfter = (...counts: number[]): number =>
    counts.reduce((seen, count) => lookAgain(seen, count), { count: 0, looks: 0 }).looks;
  expect(looksAfter(1, 1, 1, 1)).toBe(3);
  expect(looksAfter(1, 1, 1, 3)).toBe(0);
  expect(looksAfter(1, 1, 3, 3)).toBe(1);
  expect(looksAfter(2, 2, 2)).toBe(0);
});

test.concurrent(
  'a workflow that never ends its turn is found by the one limit, and by no other before it',
  async () => {
    const { code, stdout } = await run('--import', fileOf('sandbox-limit.ts'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'stuck in 0e9b1c1a-7d3e-4a53-9f0b-6a4c2f1d8b77' });
  },
  60_000,
);

test.concurrent(
  "without it the SDK's own limit holds",
  async () => {
    const { stdout, stderr } = await run();
    expect(stdout).not.toContain('stuck');
    expect(stderr).toContain('Script execution timed out after 5000ms');
  },
  60_000,
);
