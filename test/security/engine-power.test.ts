/** The engine program with the account of a domain administrator: it must not run. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { attempt } from '../../infra/dev/command.ts';
import { NODE, PROJECT } from '../../infra/dev/paths.ts';
import type { LaunchSpec } from '../../infra/dev/processes.ts';
import { DOMAINS } from '../../infra/dev/stack.ts';
import { readStack } from '../../infra/dev/state.ts';

const [CORP] = DOMAINS;
const stateFolder = inject('stateFolder');

it('ends, and says why', { timeout: 60_000 }, async () => {
  const spec = JSON.parse(await readFile(join(stateFolder, 'launch', `engine-${CORP}.json`), 'utf8')) as LaunchSpec;
  const domain = (await readStack(stateFolder)).domains.find(({ fqdn }) => fqdn === CORP)!;
  const passwordFile = join(stateFolder, 'secrets', 'too-powerful');
  await writeFile(passwordFile, domain.administratorPassword, { mode: 0o600 });
  const env = {
    ...spec.env,
    ALM_METRICS_PORT: '0',
    ALM_LDAP_BIND_DN: domain.administratorDn,
    ALM_LDAP_BIND_PASSWORD_FILE: passwordFile,
  };
  const { code, stdout } = await attempt('timeout', ['30', NODE, join(PROJECT, 'workers/engine.ts')], { env });
  expect(code).toBe(2);
  expect(stdout).toContain('must not run as a member of an administrative group');
  expect(stdout).not.toContain(domain.administratorPassword);
});
