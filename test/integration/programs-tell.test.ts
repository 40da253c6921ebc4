/** What programs say of themselves: of an account and what is asked of it, and of a server that is dead or silent. */
import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../infra/dev/eventually.ts';
import { findProcess, launchVariable, logFileOf } from '../../infra/dev/processes.ts';
import { DOMAINS, killProcess, startProcess } from '../../infra/dev/stack.ts';
import type { ProcessRole } from '../../infra/dev/state.ts';
import { openPeople } from '../support/accounts.ts';
import { stateFolder } from '../support/our-stack.ts';

const WORKERS: readonly (readonly [ProcessRole, string | undefined])[] = [
  ['control-plane', undefined],
  ['engine', DOMAINS[0]],
];

/** What a program answers on the port of its metrics. */
async function ask(role: ProcessRole, fqdn: string | undefined, path: string) {
  const port = await launchVariable(stateFolder, role, fqdn, 'ALM_METRICS_PORT');
  // No longer than Prometheus waits.
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(10_000) });
  return { status: response.status, text: await response.text() };
}

const readiness = (role: ProcessRole, fqdn: string | undefined) => ask(role, fqdn, '/health/ready');

async function signal(role: ProcessRole, name: NodeJS.Signals): Promise<void> {
  process.kill((await findProcess(stateFolder, role))!.pid, name);
}

/** The lines of a program's log that are about the account. */
async function linesOn(accountId: string, role: ProcessRole, fqdn?: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(logFileOf(stateFolder, role, fqdn), 'utf8');
  const lines = text.split('\n').filter((line) => line.includes(accountId) && line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['accountId'] === accountId);
}

test("an account's id is on the lines of all programs, and what was asked of it on those of API and control plane", async () => {
  const { client, provide } = await openPeople(stateFolder);
  const account = await provide(DOMAINS[0]);
  await client.act('owner', account, 'disable');
  await client.until(account, 'is disabled', ({ state }) => state === 'disabled', 30_000);
  // Lines are written a moment after what they tell.
  const line = (test: (line: Record<string, unknown>) => boolean, role: ProcessRole, fqdn?: string) =>
    eventually(`${role} says so`, async () => (await linesOn(account.id, role, fqdn)).find(test), {
      timeoutMs: 20_000,
    });
  const asked = await line(({ route }) => route === '/accounts/{id}/disable', 'api');
  expect(asked).toMatchObject({ msg: 'request', status: 200, operationId: expect.any(String) as string });
  const { operationId } = asked;
  expect(await line((one) => one['operationId'] === operationId, 'control-plane')).toMatchObject({ action: 'disable' });
  await line(({ activity }) => activity === 'disableAccount', 'engine', DOMAINS[0]);
});

const OUTAGES = {
  dead: { begin: () => killProcess(stateFolder, 'temporal'), end: () => startProcess(stateFolder, 'temporal') },
  silent: { begin: () => signal('temporal', 'SIGSTOP'), end: () => signal('temporal', 'SIGCONT') },
};

let restore: (() => Promise<unknown>) | undefined;
afterEach(async () => {
  await restore?.();
  restore = undefined;
});

test.each(['dead', 'silent'] as const)(
  'workers are not ready while Temporal is %s, and are when it is back',
  async (kind) => {
    restore = OUTAGES[kind].end;
    await OUTAGES[kind].begin();
    for (const [role, fqdn] of WORKERS) {
      const told = async () => (await readiness(role, fqdn)).text.includes('"temporal":"does not answer');
      await eventually(`${role} says that Temporal is away`, told, { timeoutMs: 15_000 });
      const { status, text } = await readiness(role, fqdn);
      expect(status).toBe(503);
      expect(text).toContain('"worker":"ok"');
    }
    await restore();
    restore = undefined;
    for (const [role, fqdn] of WORKERS) {
      const isReady = async () => (await readiness(role, fqdn)).status === 200;
      await eventually(`${role} is ready again`, isReady, { timeoutMs: 60_000 });
    }
  },
);

test("the API's metrics are there while Postgres is dead, but for those that ask it", async () => {
  expect((await ask('api', undefined, '/metrics')).text).toContain('alm_http_request_duration_seconds_count');
  restore = () => startProcess(stateFolder, 'postgres');
  await killProcess(stateFolder, 'postgres');
  const { status, text } = await ask('api', undefined, '/metrics');
  expect(status).toBe(200);
  expect(text).toContain('alm_http_request_duration_seconds_count');
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).not.toMatch(/^alm_(?:blocked_accounts|oldest_queued_step_age_seconds)\{/m);
});
