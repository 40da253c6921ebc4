/** `npm run stack`: acts on a kept stack, process by process. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CalendarDuration } from '../../contracts/deadlines.ts';
import { advance } from './advance.ts';
import { readArguments, refuseArguments } from './arguments.ts';
import { dropStack, keepStack, keptStack, startKept } from './kept.ts';
import { isRunning, launched, logFileOf, processName } from './processes.ts';
import { killProcess, startProcess, startStack, stopProcess } from './stack.ts';
import { readStack, ROLES, type ProcessRole } from './state.ts';
import { parseTimeSpan } from './time-span.ts';

const HELP = `usage: npm run stack -- <command> [role | time] [--domain fqdn] [--state folder]

  up                 start a whole stack and leave it running
  down               stop it and remove its state folder
  status             what runs, and where
  start <role>       start one process again, and wait until it is ready
  stop <role>        ask one process to end
  kill <role>        end one process with SIGKILL
  advance <time>     skip time, such as 90d, 6h, 1y or P1Y2M; only where \`npm run demo -- --play\` started it

roles: ${ROLES.join(', ')}; engine and samba need --domain
The kept stack is meant unless --state names another (as printed: "state folder: …").`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments(HELP, { domain: { type: 'string' }, state: { type: 'string' } }, true);
  if (positionals.length === 0) return console.log(HELP);
  const { command, role, span } = understand(positionals);
  if (command === 'up') return startKept(up);
  const folder = values.state ?? (await keptStack());
  if (!existsSync(join(folder, 'stack.json'))) throw new Error(`there is no stack in ${folder}`);
  if (command === 'down') return dropStack(folder);
  if (command === 'status') return status(folder);
  if (command === 'advance') return skip(folder, span!);
  await act(folder, command, role!, values.domain?.toLowerCase());
}

async function skip(folder: string, span: CalendarDuration): Promise<void> {
  const reached = await advance(folder, span, console.error);
  console.log(`it is ${reached.toISOString()} now`);
}

interface Understood {
  readonly command: Command;
  readonly role?: ProcessRole;
  readonly span?: CalendarDuration;
}

/** The command, and its role or time if it takes one. Ends the process when the words make no sense. */
function understand([command = '', word, ...others]: readonly string[]): Understood {
  if (!isCommand(command)) return refuseArguments(`unknown command ${command}`, HELP);
  const superfluous = isAct(command) || command === 'advance' ? others[0] : word;
  if (superfluous !== undefined) return refuseArguments(`${superfluous} is one word too many`, HELP);
  if (command === 'advance') {
    const span = parseTimeSpan(word ?? '');
    return span ? { command, span } : refuseArguments('advance needs a time, such as 90d, 6h or P1Y', HELP);
  }
  if (!isAct(command)) return { command };
  if (word === undefined) return refuseArguments(`${command} needs a role`, HELP);
  if (!isRole(word)) return refuseArguments(`${word} is no role`, HELP);
  return { command, role: word };
}

async function up(): Promise<void> {
  const { stateFolder } = await startStack({ say: console.log });
  await keepStack(stateFolder);
  console.log(`state folder: ${stateFolder}`);
}

async function act(folder: string, command: Act, role: ProcessRole, domain: string | undefined): Promise<void> {
  const perDomain = role === 'engine' || role === 'samba';
  if (perDomain && !domain) throw new Error(`${role} needs --domain`);
  if (!perDomain && domain) throw new Error(`${role} serves every domain: leave --domain out`);
  const name = domain ? `${role} of ${domain}` : role;
  if (command === 'start') {
    const { pid } = await startProcess(folder, role, domain);
    return console.log(`${name} runs as process ${pid}`);
  }
  const ended = await ENDS[command](folder, role, domain);
  console.log(ended ? `${name} has ended` : `${name} was not running`);
}

const ENDS = { stop: stopProcess, kill: killProcess };
const COMMANDS = ['up', 'down', 'status', 'start', 'stop', 'kill', 'advance'] as const;
type Command = (typeof COMMANDS)[number];
type Act = 'start' | keyof typeof ENDS;

function isCommand(command: string): command is Command {
  return COMMANDS.some((known) => known === command);
}

function isAct(command: Command): command is Act {
  return command === 'start' || command in ENDS;
}

async function status(folder: string): Promise<void> {
  const stack = await readStack(folder);
  console.log(`state folder: ${folder}`);
  for (const { role, domain } of await launched(folder)) {
    const known = stack.processes.find((process) => process.role === role && process.domain === domain);
    const runs = known !== undefined && (await isRunning(folder, known));
    const pid = runs ? String(known.pid) : '';
    const name = processName(role, domain);
    console.log(`${runs ? 'runs   ' : 'stopped'}  ${pid.padStart(7)}  ${name}  ${logFileOf(folder, role, domain)}`);
  }
}

function isRole(role: string | undefined): role is ProcessRole {
  return ROLES.some((known) => known === role);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && error.cause instanceof Error) console.error(error.cause.message);
  process.exitCode = 1;
});
