/** `npm run stack`: acts on a kept stack, process by process. */
import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE } from './paths.ts';
import { isAlive } from './processes.ts';
import { killProcess, startProcess, startStack, stopProcess, stopStack } from './stack.ts';
import { readStack, ROLES, type ProcessRole } from './state.ts';

const HELP = `usage: npm run stack -- <command> [role] [--domain fqdn] [--state folder]

  up                 start a whole stack and leave it running
  down               stop it and remove its state folder
  status             what runs, and where
  start <role>       start one process again, and wait until it is ready
  stop <role>        ask one process to end
  kill <role>        end one process with SIGKILL

roles: ${ROLES.join(', ')}; engine and samba need --domain
The newest kept stack is meant unless --state names another.`;

/** Points at the state folder of the newest kept stack. */
const KEPT = join(CACHE, 'kept-stack');

export async function keepStack(stateFolder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  await rm(KEPT, { force: true });
  await symlink(stateFolder, KEPT);
}

/** The state folder of the kept stack. Throws, with what to do, when there is none. */
export async function keptStack(): Promise<string> {
  const folder = await readlink(KEPT).catch(() => undefined);
  if (!folder || !existsSync(join(folder, 'stack.json'))) {
    throw new Error('No stack is kept. `npm run demo -- --keep` or `npm run stack -- up` leaves one running.');
  }
  return folder;
}

export async function dropStack(stateFolder: string): Promise<void> {
  await stopStack(stateFolder);
  if ((await readlink(KEPT).catch(() => undefined)) === stateFolder) await rm(KEPT, { force: true });
}

async function main(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { domain: { type: 'string' }, state: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command, role] = positionals;
  if (values.help || !command) return console.log(HELP);
  if (command === 'up') {
    const { stateFolder } = await startStack({ say: console.log });
    await keepStack(stateFolder);
    return console.log(`state folder: ${stateFolder}`);
  }
  const folder = values.state ?? (await keptStack());
  if (command === 'down') return dropStack(folder);
  if (command === 'status') return status(folder);
  await act(folder, command, role, values.domain?.toLowerCase());
}

async function act(
  folder: string,
  command: string,
  role: string | undefined,
  domain: string | undefined,
): Promise<void> {
  if (!isRole(role)) throw new Error(`name a role: ${ROLES.join(', ')}`);
  const perDomain = role === 'engine' || role === 'samba';
  if (perDomain && !domain) throw new Error(`${role} needs --domain`);
  const fqdn = perDomain ? domain : undefined;
  switch (command) {
    case 'start': {
      const { pid } = await startProcess(folder, role, fqdn);
      return console.log(`${role} runs as process ${pid}`);
    }
    case 'stop':
      return stopProcess(folder, role, fqdn);
    case 'kill':
      return killProcess(folder, role, fqdn);
    default:
      throw new Error(`unknown command ${command}; --help tells more`);
  }
}

async function status(folder: string): Promise<void> {
  const stack = await readStack(folder);
  console.log(`state folder: ${folder}`);
  for (const { role, domain, pid, logFile } of stack.processes) {
    console.log(`${isAlive(pid) ? 'runs' : 'gone'}  ${String(pid).padStart(7)}  ${role} ${domain ?? ''}  ${logFile}`);
  }
}

function isRole(role: string | undefined): role is ProcessRole {
  return ROLES.some((known) => known === role);
}

if (import.meta.main) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    if (error instanceof Error && error.cause instanceof Error) console.error(error.cause.message);
    process.exitCode = 1;
  });
}
