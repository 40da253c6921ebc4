/** `npm run stack`: acts on a kept stack, process by process. */
import { parseArgs } from 'node:util';
import { dropStack, keepStack, keptStack, refuseSecondStack } from './kept.ts';
import { isRunning } from './processes.ts';
import { killProcess, startProcess, startStack, stopProcess } from './stack.ts';
import { readStack, ROLES, type ProcessRole } from './state.ts';

const HELP = `usage: npm run stack -- <command> [role] [--domain fqdn] [--state folder]

  up                 start a whole stack and leave it running
  down               stop it and remove its state folder
  status             what runs, and where
  start <role>       start one process again, and wait until it is ready
  stop <role>        ask one process to end
  kill <role>        end one process with SIGKILL

roles: ${ROLES.join(', ')}; engine and samba need --domain
The kept stack is meant unless --state names another (as printed: "state folder: …").`;

async function main(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { domain: { type: 'string' }, state: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command, role] = positionals;
  if (values.help || !command) return console.log(HELP);
  if (command === 'up') {
    await refuseSecondStack();
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
    const runs = await isRunning(folder, { role, pid, logFile, ...(domain ? { domain } : {}) });
    console.log(`${runs ? 'runs' : 'gone'}  ${String(pid).padStart(7)}  ${role} ${domain ?? ''}  ${logFile}`);
  }
}

function isRole(role: string | undefined): role is ProcessRole {
  return ROLES.some((known) => known === role);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && error.cause instanceof Error) console.error(error.cause.message);
  process.exitCode = 1;
});
