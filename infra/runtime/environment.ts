/**
 * A program's configuration comes from environment variables that `programs.ts` describes. This is the only file that
 * reads the process's environment.
 */
import { readFileSync } from 'node:fs';
import { helpText } from './environment-help.ts';
import type { Configuration, Program, Variable, Variables } from './variable.ts';

/** What a program is started with, and how it ends before it has begun. */
export interface Invocation {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Without the node and script paths. */
  readonly argv: readonly string[];
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly exit: (code: number) => never;
}

/** The running process as an invocation. */
export function thisProcess(): Invocation {
  return {
    env: process.env,
    argv: process.argv.slice(2),
    print: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
    exit: (code) => process.exit(code),
  };
}

export const EXIT_CODE_MISCONFIGURED = 2;

/**
 * The configuration of `program`. With `--help` among the arguments it prints every variable and exits 0. With mistakes
 * it prints all of them, each with its variable's name, and exits 2; so it does with arguments that it does not take. ALM_*
 * variables that no program of `known` reads are probably misspelt: they are warned about.
 */
export function parseEnvironment<V extends Variables>(
  program: Program<V>,
  known: Iterable<string> = [],
  invocation: Invocation = thisProcess(),
): Configuration<V> {
  const { env, argv, print, complain, exit } = invocation;
  if (argv.includes('--help') || argv.includes('-h')) {
    print(helpText(program));
    return exit(0);
  }
  // Whatever these arguments were meant to change, they would not.
  if (argv.length > 0 && program.usage === undefined) {
    complain(`${program.name} takes no arguments, and got ${argv.join(' ')}. Run it with --help.\n`);
    return exit(EXIT_CODE_MISCONFIGURED);
  }
  for (const name of unknownNames(env, new Set([...known, ...namesOf(program.variables)]))) {
    complain(`warning: ${name} is set, but no program of this product reads it\n`);
  }
  const { values, mistakes } = readVariables(program.variables, env);
  const problems = [...mistakes, ...brokenRules(program, values)];
  if (problems.length > 0) {
    const list = problems.map((problem) => `  ${problem}\n`).join('');
    complain(
      `${program.name} cannot start, its environment has mistakes:\n${list}Run it with --help for all variables.\n`,
    );
    return exit(EXIT_CODE_MISCONFIGURED);
  }
  return values as Configuration<V>;
}

/** Every name under which `variables` may be set, the `_FILE` ones included. */
export function namesOf(variables: Variables): string[] {
  return Object.values(variables).flatMap(({ name, kind }) => (kind === 'secret' ? [name, `${name}_FILE`] : [name]));
}

function unknownNames(env: Invocation['env'], known: ReadonlySet<string>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('ALM_') && !known.has(name))
    .sort();
}

function readVariables(variables: Variables, env: Invocation['env']) {
  const values: Record<string, unknown> = {};
  const mistakes: string[] = [];
  for (const [key, of] of Object.entries(variables)) {
    try {
      values[key] = readVariable(of, env);
    } catch (error) {
      mistakes.push(`${of.name} ${error instanceof Error ? error.message : 'is not valid'}`);
    }
  }
  return { values, mistakes };
}

function brokenRules({ rules = [] }: Program<Variables>, values: Readonly<Record<string, unknown>>): string[] {
  return rules
    .filter(({ needs }) => needs.every((key) => Object.hasOwn(values, key)))
    .map(({ problem }) => problem(values as never))
    .filter((problem) => problem !== undefined);
}

/** Empty counts as absent: compose files and unit files often pass variables through that way. */
function readVariable(of: Variable<unknown>, env: Invocation['env']): unknown {
  const text = textOf(of, env) ?? of.fallback;
  if (text !== undefined) return of.read(text);
  if (!of.required) return undefined;
  throw new Error(of.kind === 'secret' ? `is missing (or give ${of.name}_FILE)` : 'is missing');
}

function textOf({ name, kind }: Variable<unknown>, env: Invocation['env']): string | undefined {
  const direct = env[name]?.trim() || undefined;
  if (kind === 'file') return direct && contentOf(direct);
  if (kind === 'plain') return direct;
  const path = env[`${name}_FILE`]?.trim() || undefined;
  if (direct && path) throw new Error(`and ${name}_FILE are both set: give one of them`);
  return path ? contentOf(path, `is not given: ${name}_FILE `) : direct;
}

/** The file's content without the line end that editors and `echo` leave. */
function contentOf(path: string, prefix = ''): string {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Error(`${prefix}names a file that cannot be read: ${path} (${code})`, { cause: error });
  }
  const text = content.replace(/\r?\n$/, '');
  if (text === '') throw new Error(`${prefix}names an empty file: ${path}`);
  return text;
}
