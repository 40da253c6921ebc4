/** Engines as processes: those of two domains never do each other's work, and those of one domain share theirs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { freePort } from '../../infra/dev/ports.ts';
import { launch, type LaunchSpec } from '../../infra/dev/processes.ts';
import { DOMAINS, killProcess, startProcess, stopProcess } from '../../infra/dev/stack.ts';
import { readStack } from '../../infra/dev/state.ts';
import { openPeople, truthOf, USABLE, type People } from '../support/accounts.ts';
import { stateFolder } from '../support/our-stack.ts';

const [CORP, BRANCH] = DOMAINS;
const PATIENCE_MS = 150_000;
let people: People;

beforeAll(async () => {
  people = await openPeople(stateFolder);
});

async function active(account: Account): Promise<Account> {
  return people.client.until(account, 'is active', ({ state, blocked }) => state === 'active' && !blocked, PATIENCE_MS);
}

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
