/** The whole product on real parts, on this machine: started, acted upon process by process, and stopped. */
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { eventually } from './eventually.ts';
import { MOUNT, openVault, prepareEngineRole, prepareOpenBao } from './openbao.ts';
import { NODE, PROJECT } from './paths.ts';
import { freeLoopbackAddress, freePort } from './ports.ts';
import { ensureDatabase, preparePostgres } from './postgres.ts';
import * as processes from './processes.ts';
import { apiSpec, controlPlaneSpec, engineSpec, writeSharedSecrets, type Surroundings } from './programs.ts';
import { isServing, LDAP_PORTS, restoreDomain, type SambaDomain } from './samba.ts';
import { seed } from './seed.ts';
import { setUp, type Parts } from './setup.ts';
import {
  readStack,
  writePrivately,
  writeStack,
  type EngineCredentials,
  type ProcessRole,
  type Stack,
  type StackProcess,
} from './state.ts';
import { isTemporalServing, temporalSpec } from './temporal.ts';

export const DOMAINS = ['corp.example.test', 'branch.example.test'] as const;

export interface StackOptions {
  /** Told what happens, a line at a time. */
  readonly say?: (text: string) => void;
  /** `true` starts the servers only, for tests of one room. */
  readonly serversOnly?: boolean;
}

export interface RunningStack {
  readonly stateFolder: string;
  readonly stack: Stack;
}

/** Starts everything in a new state folder. On failure what was started is stopped again and the folder removed. */
export async function startStack({
  say = () => undefined,
  serversOnly = false,
}: StackOptions = {}): Promise<RunningStack> {
  const parts = await setUp(say);
  const stateFolder = await mkdtemp(join(tmpdir(), 'alm-stack-'));
  // Postgres runs as another user and must reach its own folder below.
  await chmod(stateFolder, 0o711);
  for (const name of ['logs', 'launch', 'secrets', 'engines']) await mkdir(join(stateFolder, name), { mode: 0o700 });
  await writeStack(stateFolder, { domains: [], vaults: [], processes: [] });
  await writePrivately(join(stateFolder, 'launch', 'parts.json'), JSON.stringify(parts));
  try {
    await startServers(stateFolder, parts, say);
    if (!serversOnly) await startPrograms(stateFolder, say);
    return { stateFolder, stack: await readStack(stateFolder) };
  } catch (error) {
    await stopStack(stateFolder, { keepLogs: true });
    throw new Error(`the stack did not start; its logs are in ${join(stateFolder, 'logs')}`, { cause: error });
  }
}

async function startServers(stateFolder: string, parts: Parts, say: (text: string) => void): Promise<void> {
  say('starting two Samba domains, Temporal, Postgres and OpenBao');
  // One after the other: each is recorded before the next, so that a failure leaves nothing unknown behind.
  const address = async () => freeLoopbackAddress(LDAP_PORTS);
  const domains: SambaDomain[] = [];
  for (const fqdn of DOMAINS) {
    const domain = await restoreDomain(fqdn, join(stateFolder, 'samba', fqdn), await address());
    domains.push(domain);
    await launch(stateFolder, domain.spec);
  }
  const temporal = { port: await freePort(), uiPort: await freePort() };
  const databaseFile = join(stateFolder, 'temporal.db');
  await launch(stateFolder, temporalSpec(parts.temporal, databaseFile, temporal));
  const postgres = await preparePostgres(join(stateFolder, 'postgres'), await freePort());
  await launch(stateFolder, postgres.spec);
  const vaultPort = await freePort();
  const vaultFolder = join(stateFolder, 'vault');
  await launch(stateFolder, await prepareOpenBao(parts.bao, vaultFolder, vaultPort, await freePort()));
  const vaultAddress = `http://127.0.0.1:${vaultPort}`;
  const token = await openVault(vaultAddress, vaultFolder);
  await writeStack(stateFolder, {
    temporal: {
      address: `127.0.0.1:${temporal.port}`,
      namespace: 'default',
      uiUrl: `http://127.0.0.1:${temporal.uiPort}`,
      databaseFile,
    },
    postgres: { url: postgres.url },
    domains: domains.map(({ engineBindDn: _dn, enginePasswordFile: _file, spec: _spec, ...domain }) => domain),
    vaults: [{ kind: 'openbao', address: vaultAddress, token, mount: MOUNT }],
    processes: (await readStack(stateFolder)).processes,
  });
  for (const role of ['postgres', 'temporal'] as const) await awaitReady(stateFolder, role);
  for (const domain of domains) {
    await awaitReady(stateFolder, 'samba', domain.fqdn);
    await writeEngineCredentials(stateFolder, parts, domain);
  }
}

async function writeEngineCredentials(stateFolder: string, parts: Parts, domain: SambaDomain): Promise<void> {
  const vault = (await readStack(stateFolder)).vaults[0]!;
  const vaultSecretIdFile = join(stateFolder, 'secrets', `vault-secret-id-${domain.fqdn}`);
  const credentials: EngineCredentials = {
    bindDn: domain.engineBindDn,
    bindPasswordFile: domain.enginePasswordFile,
    vaultRoleId: await prepareEngineRole(parts.bao, vault, domain.fqdn, vaultSecretIdFile),
    vaultSecretIdFile,
  };
  await writePrivately(join(stateFolder, 'engines', `${domain.fqdn}.json`), JSON.stringify(credentials));
}

async function startPrograms(stateFolder: string, say: (text: string) => void): Promise<void> {
  say('starting the control plane, the API and one engine for each domain');
  const stack = await readStack(stateFolder);
  const around: Surroundings = {
    stateFolder,
    temporalAddress: stack.temporal!.address,
    ...(await writeSharedSecrets(stateFolder, stack.postgres!.url)),
  };
  await run(NODE, [join(PROJECT, 'db/migrate.ts')], { env: { DATABASE_URL_FILE: around.databaseUrlFile } });
  const apiPort = await freePort();
  await launch(stateFolder, await controlPlaneSpec(around));
  await launch(stateFolder, await apiSpec(around, apiPort));
  for (const domain of stack.domains) {
    const credentials = await readEngineCredentials(stateFolder, domain.fqdn);
    await launch(stateFolder, await engineSpec(around, domain, credentials, stack.vaults[0]!.address));
  }
  await awaitReady(stateFolder, 'api');
  const url = `http://127.0.0.1:${apiPort}`;
  const tokens = await seed(url, around.databaseUrlFile, DOMAINS);
  await writeStack(stateFolder, { ...(await readStack(stateFolder)), api: { url, tokens } });
  await awaitReady(stateFolder, 'control-plane');
  for (const domain of stack.domains) await awaitReady(stateFolder, 'engine', domain.fqdn);
}

export async function readEngineCredentials(stateFolder: string, fqdn: string): Promise<EngineCredentials> {
  return JSON.parse(await readFile(join(stateFolder, 'engines', `${fqdn}.json`), 'utf8')) as EngineCredentials;
}

async function launch(stateFolder: string, spec: processes.LaunchSpec): Promise<void> {
  await processes.recordProcess(stateFolder, await processes.launch(stateFolder, spec));
}

/** Waits until a process does its work; says what its log's end is when it does not. */
async function awaitReady(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<void> {
  const name = processes.processName(role, fqdn);
  const patience = { timeoutMs: 60_000, intervalMs: 150 };
  await eventually(`${name} is ready`, async () => isReady(stateFolder, role, fqdn), patience).catch(
    async (error: unknown) => {
      const log = await run('tail', ['-n', '15', join(stateFolder, 'logs', `${name}.log`)]).catch(() => '');
      throw new Error(`${(error as Error).message}\n${log}`);
    },
  );
}

async function isReady(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<boolean> {
  const stack = await readStack(stateFolder);
  switch (role) {
    case 'samba':
      return isServing(stack.domains.find((domain) => domain.fqdn === fqdn)!);
    case 'postgres':
      return ensureDatabase(stack.postgres!.url);
    case 'temporal':
      return isTemporalServing((await readParts(stateFolder)).temporal, stack.temporal!.address);
    case 'vault':
      await openVault(stack.vaults[0]!.address, join(stateFolder, 'vault'));
      return true;
    case 'api':
    case 'control-plane':
    case 'engine': {
      const port = await processes.launchVariable(stateFolder, role, fqdn, 'ALM_METRICS_PORT');
      return (await fetch(`http://127.0.0.1:${port}/health/ready`)).status === 200;
    }
  }
}

async function readParts(stateFolder: string): Promise<Parts> {
  return JSON.parse(await readFile(join(stateFolder, 'launch', 'parts.json'), 'utf8')) as Parts;
}

/** Starts a process of a stack that was stopped or killed, and waits until it is ready. A second start changes nothing. */
export async function startProcess(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<StackProcess> {
  const running = await findProcess(stateFolder, role, fqdn);
  if (running && processes.isAlive(running.pid)) return running;
  const started = await processes.relaunch(stateFolder, role, fqdn);
  await processes.recordProcess(stateFolder, started);
  await awaitReady(stateFolder, role, fqdn);
  return started;
}

/** Asks a process to end, and waits until it has. */
export async function stopProcess(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<void> {
  const running = await findProcess(stateFolder, role, fqdn);
  if (running && processes.isAlive(running.pid)) await processes.terminate(stateFolder, running);
  await processes.forgetProcess(stateFolder, role, fqdn);
}

/** Ends a process with SIGKILL, as a power cut would. */
export async function killProcess(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<void> {
  const running = await findProcess(stateFolder, role, fqdn);
  if (running && processes.isAlive(running.pid)) await processes.killNow(running.pid);
  await processes.forgetProcess(stateFolder, role, fqdn);
}

export async function findProcess(
  stateFolder: string,
  role: ProcessRole,
  fqdn?: string,
): Promise<StackProcess | undefined> {
  const stack = await readStack(stateFolder);
  return stack.processes.find((process) => process.role === role && process.domain === fqdn);
}

/** Stops every process of a stack and removes its state folder. */
export async function stopStack(stateFolder: string, { keepLogs = false } = {}): Promise<void> {
  const stack = await readStack(stateFolder);
  const rank = (role: ProcessRole): number =>
    ['api', 'engine', 'control-plane', 'temporal', 'vault', 'postgres', 'samba'].indexOf(role);
  // The programs first, so that they can say good-bye to the servers; alike ones at once.
  const ordered = stack.processes.toSorted((a, b) => rank(a.role) - rank(b.role));
  const isProgram = ({ role }: StackProcess) => rank(role) <= 2;
  for (const group of [ordered.filter(isProgram), ordered.filter((process) => !isProgram(process))]) {
    await Promise.all(
      group.map(async (one) => (processes.isAlive(one.pid) ? processes.terminate(stateFolder, one) : undefined)),
    );
  }
  if (!keepLogs) await rm(stateFolder, { recursive: true, force: true });
}
