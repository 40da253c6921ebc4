/**
 * Directory and vault killed, not only cut off, in the middle of provisioning and of retirement; engines of two domains, and
 * two of one. The other processes are killed at every call in killed-engines.test.ts and killed-servers.test.ts.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { freePort } from '../../infra/dev/ports.ts';
import { launch, type LaunchSpec } from '../../infra/dev/processes.ts';
import { DOMAINS, killProcess, startProcess, stopProcess } from '../../infra/dev/stack.ts';
import { readStack, type ProcessRole } from '../../infra/dev/state.ts';
import { GONE, openPeople, truthOf, USABLE, type People } from '../support/accounts.ts';

const [CORP, BRANCH] = DOMAINS;
const stateFolder = inject('stateFolder');
const PATIENCE_MS = 150_000;
let people: People;

beforeAll(async () => {
  people = await openPeople(stateFolder);
});

const ROLES: readonly (readonly [ProcessRole, string | undefined])[] = [
  ['samba', CORP],
  ['vault', undefined],
];

/** Kills the process a moment after the work began, leaves it dead for a moment, and starts it again. */
async function interrupt(role: ProcessRole, fqdn: string | undefined, work: readonly Account[]): Promise<void> {
  await sleep(60);
  await killProcess(stateFolder, role, fqdn);
  await sleep(1_000);
  const states = (await Promise.all(work.map(people.client.read))).map(({ state }) => state);
  expect(states, 'the blow came while there was work').toContain('approved');
  await startProcess(stateFolder, role, fqdn);
}

async function active(account: Account): Promise<Account> {
  return people.client.until(account, 'is active', ({ state, blocked }) => state === 'active' && !blocked, PATIENCE_MS);
}

describe('a process is killed', () => {
  it.for(ROLES)(
    '%s %s: while accounts are made and retired, every one comes to its right end',
    { timeout: 400_000 },
    async ([role, fqdn]) => {
      const leaving = await people.provide(CORP);
      const coming = await Promise.all([people.request(CORP), people.request(CORP), people.request(CORP)]);
      await people.client.act('owner', leaving, 'retire').catch(() => undefined);
      await interrupt(role, fqdn, coming);
      for (const account of coming) {
        const now = await active(account);
        expect(await truthOf(stateFolder, now)).toEqual(USABLE);
      }
      const now = await people.client.read(leaving);
      if (now.state === 'active') await people.client.act('owner', leaving, 'retire');
      const ended = await people.client.until(leaving, 'is retired', ({ state }) => state === 'retired', PATIENCE_MS);
      expect(await truthOf(stateFolder, ended)).toEqual(GONE);
    },
  );
});

describe('engines', () => {
  it('of one domain never do the work of another', { timeout: 200_000 }, async () => {
    await stopProcess(stateFolder, 'engine', BRANCH);
    const waiting = await people.request(BRANCH);
    const done = await people.provide(CORP);
    expect(done.state).toBe('active');
    const queued = await people.client.until(waiting, 'says why it waits', ({ blocked }) => blocked !== null, 60_000);
    expect(queued).toMatchObject({ state: 'approved', blocked: { code: 'EngineOffline', retrying: true } });
    expect(await truthOf(stateFolder, queued)).toMatchObject({ objects: 0, secret: 'none' });
    await startProcess(stateFolder, 'engine', BRANCH);
    expect((await active(waiting)).domain).toBe(BRANCH);
  });

  it('of one domain share its work; one killed, the other goes on', { timeout: 200_000 }, async () => {
    const spec = JSON.parse(await readFile(join(stateFolder, 'launch', `engine-${CORP}.json`), 'utf8')) as LaunchSpec;
    const env = { ...spec.env, ALM_METRICS_PORT: String(await freePort()) };
    const second = await launch(join(stateFolder), { ...spec, domain: 'second', env });
    const steps = async (log: string): Promise<number> =>
      [...(await readFile(log, 'utf8')).matchAll(/"msg":"step done"/g)].length;
    try {
      await Promise.all(Array.from({ length: 8 }, async () => people.provide(CORP)));
      const engines = (await readStack(stateFolder)).processes.filter(
        (one) => one.role === 'engine' && one.domain === CORP,
      );
      expect(await steps(second.logFile)).toBeGreaterThan(0);
      expect(await steps(engines[0]!.logFile)).toBeGreaterThan(0);
    } finally {
      await killProcess(stateFolder, 'engine', 'second');
    }
    expect(await truthOf(stateFolder, await people.provide(CORP))).toEqual(USABLE);
  });
});
