/** The engine program with the account of a domain administrator: it must not run, and does nothing before it ends. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attempt } from '../../infra/dev/command.ts';
import { NODE, PROJECT } from '../../infra/dev/paths.ts';
import type { LaunchSpec } from '../../infra/dev/processes.ts';
import { DOMAINS, startProcess, stopProcess } from '../../infra/dev/stack.ts';
import { readStack } from '../../infra/dev/state.ts';
import { openPeople, truthOf, USABLE, type People } from '../support/accounts.ts';
import { stateFolder } from '../support/our-stack.ts';

const [CORP] = DOMAINS;
let people: People;

beforeAll(async () => {
  people = await openPeople(stateFolder);
  await stopProcess(stateFolder, 'engine', CORP);
});

afterAll(() => startProcess(stateFolder, 'engine', CORP));

/** Runs an engine as the administrator of the domain until it ends. */
async function runTooPowerful(administratorPassword: string, administratorDn: string) {
  const spec = JSON.parse(await readFile(join(stateFolder, 'launch', `engine-${CORP}.json`), 'utf8')) as LaunchSpec;
  const passwordFile = join(stateFolder, 'secrets', 'too-powerful');
  await writeFile(passwordFile, administratorPassword, { mode: 0o600 });
  const env = {
    ...spec.env,
    ALM_METRICS_PORT: '0',
    ALM_LDAP_BIND_DN: administratorDn,
    ALM_LDAP_BIND_PASSWORD_FILE: passwordFile,
  };
  return attempt('timeout', ['30', NODE, join(PROJECT, 'workers/engine.ts')], { env });
}

it('ends, says why, and leaves the work that waits to an engine that may do it', { timeout: 120_000 }, async () => {
  const { administratorPassword, administratorDn } = (await readStack(stateFolder)).domains.find(
    ({ fqdn }) => fqdn === CORP,
  )!;
  const waiting = await people.request(CORP);
  const { code, stdout } = await runTooPowerful(administratorPassword, administratorDn);
  expect(code).toBe(2);
  expect(stdout).toContain('must not run as a member of an administrative group');
  expect(stdout).not.toContain(administratorPassword);
  expect(await truthOf(stateFolder, waiting)).toMatchObject({ objects: 0 });

  await startProcess(stateFolder, 'engine', CORP);
  const done = await people.client.until(waiting, 'is active', ({ state }) => state === 'active', 60_000);
  expect(await truthOf(stateFolder, done)).toEqual(USABLE);
});
