/** How one environment variable is described: the description parses it, and is what `--help` and `.env.example` print. */
import type { z } from 'zod';
import { sensitive, type Sensitive } from './sensitive.ts';

type Kind = 'plain' | 'secret' | 'file';

/** One variable. Made by {@link variable}, {@link secret} and {@link file}, and changed by the functions on the result. */
export interface Variable<T> {
  readonly name: string;
  /** What it is for: one or two sentences. */
  readonly description: string;
  /** `secret` may come as `<name>_FILE` and arrives wrapped; the value of `file` is a path and the content arrives. */
  readonly kind: Kind;
  /** The text that counts when the variable is absent. */
  readonly fallback: string | undefined;
  readonly required: boolean;
  /** For people; never a usable secret. */
  readonly example: string | undefined;
  /** Gives the value, or throws an Error whose message completes "NAME …" and does not quote a secret. */
  readonly read: (text: string) => T;
}

/** The variables of a program, by the names under which their values arrive. */
export type Variables = Readonly<Record<string, Variable<unknown>>>;

export type Configuration<V extends Variables> = {
  readonly [K in keyof V]: V[K] extends Variable<infer T> ? T : never;
};

export interface Program<V extends Variables> {
  /** As people start it, e.g. `workers/engine.ts`. */
  readonly name: string;
  readonly description: string;
  /** What may follow the name on the command line, e.g. `<name> [--force]`. */
  readonly usage?: string;
  readonly variables: V;
  /** What variables must be to each other. */
  readonly rules?: readonly Rule[];
}

export interface Rule {
  /** The rule holds when each of these could be read; a mistake in one of them is told already. */
  readonly needs: readonly string[];
  /** Gives a sentence that begins with a variable's name, or `undefined` when nothing is wrong. */
  readonly problem: (values: never) => string | undefined;
}

/** A rule for some of `variables`. */
export function rule<V extends Variables, K extends keyof V & string>(
  _variables: V,
  needs: readonly K[],
  problem: (values: Pick<Configuration<V>, K>) => string | undefined,
): Rule {
  return { needs, problem };
}

interface VariableOptions {
  readonly fallback?: string;
  readonly example?: string;
}

/** A variable whose text `schema` parses; required unless it has a fallback. */
export function variable<S extends z.ZodType<unknown, string>>(
  name: string,
  schema: S,
  description: string,
  { fallback, example }: VariableOptions = {},
): Variable<z.output<S>> {
  const read = (text: string) => parsedBy(schema, text);
  return { name, description, kind: 'plain', fallback, required: fallback === undefined, example, read };
}

/**
 * A secret: also read from the file that `<name>_FILE` names, never with a default, always wrapped.
 * Messages of `parse` must not quote the text.
 */
export function secret(name: string, description: string): Variable<Sensitive<string>>;
export function secret<T>(name: string, description: string, parse: (text: string) => T): Variable<T>;
export function secret(
  name: string,
  description: string,
  parse: (text: string) => unknown = sensitive,
): Variable<unknown> {
  return { name, description, kind: 'secret', fallback: undefined, required: true, example: undefined, read: parse };
}

/** The path of a file, whose content `schema` parses; its messages must not quote the content. */
export function file<S extends z.ZodType<unknown, string>>(
  name: string,
  schema: S,
  description: string,
  example?: string,
): Variable<z.output<S>> {
  const read = (text: string) => parsedBy(schema, text);
  return { name, description, kind: 'file', fallback: undefined, required: true, example, read };
}

/** The same variable, `undefined` when absent. */
export function optional<T>(of: Variable<T>): Variable<T | undefined> {
  return { ...of, required: false };
}

function parsedBy<S extends z.ZodType<unknown, string>>(schema: S, text: string): z.output<S> {
  const result = schema.safeParse(text);
  if (!result.success) throw new Error(result.error.issues.map((issue) => issue.message).join('; '));
  return result.data;
}
