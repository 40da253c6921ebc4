/** The command line of a command for people: what it does not know is refused with its help, and exit code 2. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

const HELP_OPTION = { help: { type: 'boolean', short: 'h', default: false } } as const;

type WithHelp<Options> = Options & typeof HELP_OPTION;

/** A reader such as `head` that has seen enough ends this process too, as a signal ends others. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT_CODE_SIGPIPE);
  });
}

/** 128 and the number of the signal. */
const EXIT_CODE_SIGPIPE = 141;

/** Parses this process's arguments. `--help` prints `help` and ends with 0; a mistake prints both and ends with 2. */
export function readArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  help: string,
  options: Options,
  allowPositionals = false,
) {
  endWithReader();
  const parsed = parseOrEnd(help, { ...options, ...HELP_OPTION }, allowPositionals);
  if ((parsed.values as { help?: boolean }).help) {
    console.log(help);
    process.exit(0);
  }
  return parsed;
}

function parseOrEnd<Options extends NonNullable<ParseArgsConfig['options']>>(
  help: string,
  options: WithHelp<Options>,
  allowPositionals: boolean,
) {
  try {
    return parseArgs({ options, allowPositionals });
  } catch (error) {
    return refuseArguments(error instanceof Error ? error.message : String(error), help);
  }
}

/** Ends this process: its arguments make no sense, for the reason given. */
export function refuseArguments(reason: string, help: string): never {
  console.error(`${reason}\n\n${help}`);
  return process.exit(2);
}
