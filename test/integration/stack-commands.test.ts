/** `npm run stack` acts on one process of a stack: whatever is asked at once, what is on record is what runs. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NODE, PROJECT } from '../../infra/dev/paths.ts';
import { isRunning } from '../../infra/dev/processes.ts';
import { readStack } from '../../infra/dev/state.ts';
import { stateFolder } from '../support/our-stack.ts';

function stack(...args: string[]): Promise<{ code: number | null; out: string; complaint: string }> {
  return new Promise((resolve) => {
    const script = join(PROJECT, 'infra/dev/cli.ts');
    const child = spawn(NODE, [script, ...args, '--state', stateFolder], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.on('close', (code) => resolve({ code, out, complaint }));
  });
}

const engines = async (fqdn: string) =>
  (await readStack(stateFolder)).processes.filter(({ role, domain }) => role === 'engine' && domain === fqdn);

test('four starts at once start one process, and it is the one on record', async () => {
  const fqdn = (await readStack(stateFolder)).domains[0]!.fqdn;
  const engine = ['engine', '--domain', fqdn];
  expect((await stack('kill', ...engine)).out).toBe(`engine of ${fqdn} has ended\n`);
  const starts = await Promise.all([1, 2, 3, 4].map(() => stack('start', ...engine)));
  const [recorded, ...others] = await engines(fqdn);
  expect(others).toEqual([]);
  expect(await isRunning(stateFolder, recorded!)).toBe(true);
  expect(starts.map(({ out }) => out)).toEqual(
    Array.from({ length: 4 }, () => `engine of ${fqdn} runs as process ${recorded!.pid}\n`),
  );
}, 240_000);

test.each([
  [['stop', 'engine', '--domain', 'nonsense.example'], 1, 'no engine of nonsense.example'],
  [['kill', 'api', '--domain', 'corp.example.test'], 1, 'leave --domain out'],
  [['stop', 'engine'], 1, 'needs --domain'],
  [['frobnicate'], 2, 'unknown command frobnicate'],
  [['start'], 2, 'needs a role'],
  [['kill', 'foo'], 2, 'foo is no role'],
  [['status', 'extra'], 2, 'extra is one word too many'],
  [['start', 'api', '--bogus'], 2, '--bogus'],
  [['advance', '90d'], 1, 'This stack keeps real time'],
  [['advance', 'tomorrow'], 2, 'advance needs a time'],
  [['advance'], 2, 'advance needs a time'],
])('%j changes nothing and says why', async (args, code, words) => {
  const before = await readStack(stateFolder);
  const answer = await stack(...args);
  expect(answer).toMatchObject({ code, out: '' });
  expect(answer.complaint).toContain(words);
  expect(await readStack(stateFolder)).toEqual(before);
});

test('a stopped process is still listed, as stopped', async () => {
  const fqdn = (await readStack(stateFolder)).domains[1]!.fqdn;
  const engine = ['engine', '--domain', fqdn];
  await stack('stop', ...engine);
  expect((await stack('stop', ...engine)).out).toBe(`engine of ${fqdn} was not running\n`);
  expect((await stack('status')).out).toMatch(new RegExp(`^stopped\\s+engine-${fqdn}\\s+/.+\\.log$`, 'm'));
  await stack('start', ...engine);
  expect((await stack('status')).out).toMatch(new RegExp(`^runs\\s+\\d+\\s+engine-${fqdn}\\s+/.+\\.log$`, 'm'));
}, 240_000);
