/** The whole product on real parts, on this machine: started, acted upon process by process, and stopped. */
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { dismissGuard, postGuard } from './guard.ts';
import { NODE, PROJECT } from './paths.ts';
import { freePort } from './ports.ts';
import { underLock } from './lock.ts';
import {
  assertLaunched,
  endLeftovers,
  findProcess,
  forget,
  isRunning,
  killNow,
  launch,
  processName,
  relaunch,
  terminate,
} from './processes.ts';
import { apiSpec, controlPlaneSpec, engineSpec, writeSharedSecrets, type Surroundings } from './programs.ts';
import { awaitReady, writeParts } from './ready.ts';
import { seed } from './seed.ts';
import { startServers } from './servers.ts';
import { setUp, setUpTestServer } from './setup.ts';
import {
  readStack,
  updateStack,
  writeStack,
  type EngineCredentials,
  type ProcessRole,
  type Stack,
  type StackProcess,
} from './state.ts';

export const DOMAINS = ['corp.example.test', 'branch.example.test'] as const;

export interface StackOptions {
  /** Told what happens, a line at a time. */
  readonly say?: (text: string) => void;
  /** `true` starts the servers only, for tests of one room. */
  readonly serversOnly?: boolean;
  /** `true` takes the Temporal whose time can be skipped, which bears one account at a time, and one domain. */
  readonly play?: boolean;
}

export interface RunningStack {
  readonly stateFolder: string;
  readonly stack: Stack;
}

/**
 * Starts everything in a new state folder. On failure what was started is stopped again, and the logs stay. The stack
 * ends with this process, however that ends, unless it is kept (kept.ts).
 */
export async function startStack({
  say = () => undefined,
  serversOnly = false,
  play = false,
}: StackOptions = {}): Promise<RunningStack> {
  const parts = { ...(await setUp(say)), ...(play ? { skippingServer: await setUpTestServer(say) } : {}) };
  const fqdns = play ? DOMAINS.slice(0, 1) : DOMAINS;
  const stateFolder = await mkdtemp(join(tmpdir(), 'alm-stack-'));
  // Postgres runs as another user and must reach its own folder below.
  await chmod(stateFolder, 0o711);
  for (const name of ['logs', 'launch', 'secrets', 'engines']) await mkdir(join(stateFolder, name), { mode: 0o700 });
  await writeStack(stateFolder, { domains: [], vaults: [], processes: [] });
  await postGuard(stateFolder);
  await writeParts(stateFolder, parts);
  try {
    say(`starting Samba (${fqdns.join(', ')}), Temporal, Postgres and OpenBao`);
    await startServers({ stateFolder, parts, say }, fqdns);
    if (!serversOnly) await startPrograms(stateFolder, say);
    return { stateFolder, stack: await readStack(stateFolder) };
  } catch (error) {
    await stopStack(stateFolder, { keepLogs: true });
    throw new Error(`the stack did not start; its logs are in ${join(stateFolder, 'logs')}`, { cause: error });
  }
}

async function startPrograms(stateFolder: string, say: (text: string) => void): Promise<void> {
  say('starting the control plane, the API and one engine for each domain');
  const stack = await readStack(stateFolder);
  const around: Surroundings = {
    stateFolder,
    temporalAddress: stack.temporal!.address,
    ...(stack.play ? { playClockFile: stack.play.clockFile } : {}),
    ...(await writeSharedSecrets(stateFolder, stack.postgres!.url)),
  };
  await run(NODE, [join(PROJECT, 'db/migrate.ts')], { env: { DATABASE_URL_FILE: around.databaseUrlFile } });
  // The control plane then bundles them itself at each start, or says why not.
  await run(NODE, [join(PROJECT, 'workers/bundle-workflows.ts')]).catch((error: unknown) => {
    say(`the workflows are not bundled, so control planes start slower: ${(error as Error).message}`);
  });
  const apiPort = await freePort();
  await launch(stateFolder, await controlPlaneSpec(around));
  await launch(stateFolder, await apiSpec(around, apiPort));
  for (const domain of stack.domains) {
    const credentials = await readEngineCredentials(stateFolder, domain.fqdn);
    await launch(stateFolder, await engineSpec(around, domain, credentials, stack.vaults[0]!.address));
  }
  await awaitReady(stateFolder, 'api');
  const url = `http://127.0.0.1:${apiPort}`;
  const fqdns = stack.domains.map(({ fqdn }) => fqdn);
  const tokens = await seed(url, around.databaseUrlFile, fqdns);
  await updateStack(stateFolder, (before) => ({ ...before, api: { url, tokens } }));
  await awaitReady(stateFolder, 'control-plane');
  for (const domain of stack.domains) await awaitReady(stateFolder, 'engine', domain.fqdn);
}

/** What the engine of the domain logs on with. */
export async function readEngineCredentials(stateFolder: string, fqdn: string): Promise<EngineCredentials> {
  return JSON.parse(await readFile(join(stateFolder, 'engines', `${fqdn}.json`), 'utf8')) as EngineCredentials;
}

/**
 * Starts a process of a stack that was stopped or killed, and waits until it is ready. A second start changes nothing.
 * Throws when the stack has no such process.
 */
export async function startProcess(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<StackProcess> {
  return alone(stateFolder, role, fqdn, async (known) => {
    const process = known ?? (await relaunch(stateFolder, role, fqdn));
    await awaitReady(stateFolder, role, fqdn);
    return process;
  });
}

/** Asks a process to end, and waits until it has. Answers whether it ran. Throws when the stack has no such process. */
export async function stopProcess(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<boolean> {
  return alone(stateFolder, role, fqdn, async (known) => {
    if (known) await terminate(stateFolder, known);
    await forget(stateFolder, role, fqdn);
    return known !== undefined;
  });
}

/** Ends a process with SIGKILL, as a power cut would. Answers whether it ran. Throws when the stack has no such process. */
export async function killProcess(stateFolder: string, role: ProcessRole, fqdn?: string): Promise<boolean> {
  return alone(stateFolder, role, fqdn, async (known) => {
    if (known) await killNow(known.pid);
    await forget(stateFolder, role, fqdn);
    return known !== undefined;
  });
}

/** Gives the process of this role, if it runs, to `task`, while no other command acts on it. */
async function alone<T>(
  stateFolder: string,
  role: ProcessRole,
  fqdn: string | undefined,
  task: (running: StackProcess | undefined) => Promise<T>,
): Promise<T> {
  await assertLaunched(stateFolder, role, fqdn);
  const act = async (): Promise<T> => {
    const known = await findProcess(stateFolder, role, fqdn);
    return task(known && (await isRunning(stateFolder, known)) ? known : undefined);
  };
  return underLock(`${stateFolder} ${processName(role, fqdn)}`, act, { timeoutMs: ACT_TIMEOUT_MS });
}

/** A start waits until the process is ready; whoever comes next waits for that. */
const ACT_TIMEOUT_MS = 180_000;

const PROGRAM_ROLES: readonly ProcessRole[] = ['api', 'control-plane', 'engine'];

/** Stops every process of a stack and removes its state folder; with `keepLogs` the folder stays. */
export async function stopStack(stateFolder: string, { keepLogs = false } = {}): Promise<void> {
  const { processes } = await readStack(stateFolder);
  const isProgram = ({ role }: StackProcess): boolean => PROGRAM_ROLES.includes(role);
  // The programs first, so that they can say good-bye to the servers; alike ones at once.
  for (const group of [processes.filter(isProgram), processes.filter((process) => !isProgram(process))]) {
    await Promise.all(group.map(async (process) => terminate(stateFolder, process)));
  }
  // Whoever started the stack may have died between a start and its record.
  await endLeftovers(stateFolder);
  await dismissGuard(stateFolder);
  if (!keepLogs) await rm(stateFolder, { recursive: true, force: true });
}
