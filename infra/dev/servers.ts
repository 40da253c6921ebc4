/** The servers of a stack: two directories, Temporal, Postgres and the vault, started at the same time. */
import { join } from 'node:path';
import { MOUNT, openVault, prepareEngineRole, prepareOpenBao } from './openbao.ts';
import { freeLoopbackAddress, freePort } from './ports.ts';
import { preparePostgres } from './postgres.ts';
import { launch } from './processes.ts';
import { awaitReady } from './ready.ts';
import { LDAP_PORTS, restoreDomain, type SambaDomain } from './samba.ts';
import type { Parts } from './setup.ts';
import { skippingServerSpec } from './skipping-server.ts';
import { updateStack, writePrivately, type EngineCredentials, type Stack } from './state.ts';
import { temporalSpec } from './temporal.ts';

interface Surroundings {
  readonly stateFolder: string;
  readonly parts: Parts;
  readonly say: (text: string) => void;
}

type Vault = Stack['vaults'][number];

/** Starts every server, waits until all serve, and prepares the vault for the engine of each of `fqdns`. */
export async function startServers(around: Surroundings, fqdns: readonly string[]): Promise<void> {
  // All are waited for even when one fails: what was started must be on record before somebody stops it all.
  const [vault, ...others] = await Promise.allSettled([
    startVault(around),
    startTemporal(around),
    startPostgres(around),
    ...fqdns.map(async (fqdn) => startDomain(around, fqdn)),
  ]);
  const failed = [vault, ...others].find((outcome) => outcome.status === 'rejected');
  if (failed || vault.status === 'rejected') throw failed?.reason;
  const domains = others.slice(2).flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value!] : []));
  for (const domain of domains) await writeEngineCredentials(around, vault.value, domain);
  await updateStack(around.stateFolder, (stack) => ({
    ...stack,
    // In their own order, whichever was ready first.
    domains: domains.map(({ engineBindDn: _dn, enginePasswordFile: _file, spec: _spec, ...domain }) => domain),
  }));
}

async function startDomain({ stateFolder, say }: Surroundings, fqdn: string): Promise<SambaDomain> {
  const address = await freeLoopbackAddress(LDAP_PORTS);
  const domain = await restoreDomain(fqdn, join(stateFolder, 'samba', fqdn), address, say);
  const { engineBindDn: _dn, enginePasswordFile: _file, spec, ...entry } = domain;
  await updateStack(stateFolder, (stack) => ({ ...stack, domains: [...stack.domains, entry] }));
  await launch(stateFolder, spec);
  await awaitReady(stateFolder, 'samba', fqdn);
  return domain;
}

async function startTemporal({ stateFolder, parts }: Surroundings): Promise<undefined> {
  if (parts.skippingServer) return startSkippingServer(stateFolder, parts.skippingServer);
  const ports = { port: await freePort(), uiPort: await freePort() };
  const temporal = {
    address: `127.0.0.1:${ports.port}`,
    namespace: 'default',
    uiUrl: `http://127.0.0.1:${ports.uiPort}`,
    databaseFile: join(stateFolder, 'temporal.db'),
  };
  await updateStack(stateFolder, (stack) => ({ ...stack, temporal }));
  await launch(stateFolder, temporalSpec(parts.temporal, temporal.databaseFile, ports));
  await awaitReady(stateFolder, 'temporal');
  return undefined;
}

async function startSkippingServer(stateFolder: string, program: string): Promise<undefined> {
  const port = await freePort();
  const temporal = { address: `127.0.0.1:${port}`, namespace: 'default', uiUrl: null, databaseFile: null };
  const clockFile = join(stateFolder, 'skipped-ms');
  await writePrivately(clockFile, '0\n');
  await updateStack(stateFolder, (stack) => ({ ...stack, temporal, play: { clockFile } }));
  await launch(stateFolder, skippingServerSpec(program, port));
  await awaitReady(stateFolder, 'temporal');
  return undefined;
}

async function startPostgres({ stateFolder }: Surroundings): Promise<undefined> {
  const { url, spec } = await preparePostgres(join(stateFolder, 'postgres'), await freePort());
  await updateStack(stateFolder, (stack) => ({ ...stack, postgres: { url } }));
  await launch(stateFolder, spec);
  await awaitReady(stateFolder, 'postgres');
  return undefined;
}

async function startVault({ stateFolder, parts }: Surroundings): Promise<Vault> {
  const port = await freePort();
  const folder = join(stateFolder, 'vault');
  await launch(stateFolder, await prepareOpenBao(parts.bao, folder, port, await freePort()));
  const address = `http://127.0.0.1:${port}`;
  const vault: Vault = { kind: 'openbao', address, token: await openVault(address, folder), mount: MOUNT };
  await updateStack(stateFolder, (stack) => ({ ...stack, vaults: [vault] }));
  return vault;
}

async function writeEngineCredentials(
  { stateFolder, parts }: Surroundings,
  vault: Vault,
  domain: SambaDomain,
): Promise<void> {
  const vaultSecretIdFile = join(stateFolder, 'secrets', `vault-secret-id-${domain.fqdn}`);
  const credentials: EngineCredentials = {
    bindDn: domain.engineBindDn,
    bindPasswordFile: domain.enginePasswordFile,
    vaultRoleId: await prepareEngineRole(parts.bao, vault, domain.fqdn, vaultSecretIdFile),
    vaultSecretIdFile,
  };
  await writePrivately(join(stateFolder, 'engines', `${domain.fqdn}.json`), JSON.stringify(credentials));
}
