/**
 * Naming patterns are written by users and matched against users' input, so they run on a linear-time engine (RE2):
 * no pattern can hang the server.
 */
import { RE2JS, RE2JSException } from 're2js';

export interface NamingPattern {
  /** Whether the whole of `name` matches. Time grows with the name's length times the pattern's size, no faster. */
  matches(name: string): boolean;
}

export type CompiledPattern =
  | { readonly outcome: 'compiled'; readonly pattern: NamingPattern }
  | { readonly outcome: 'refused'; readonly problem: string };

const MAX_PATTERN_LENGTH = 200;
/** Repetitions multiply: `(a{100}){100}` is short, but a large program. Names have 20 characters. */
const MAX_PROGRAM_SIZE = 2_000;
const MAX_NAME_LENGTH = 256;

/** Compiles `pattern`, or says in a sentence (completing "the pattern …") why it cannot be used. */
export function compileNamingPattern(pattern: string): CompiledPattern {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return { outcome: 'refused', problem: `must have at most ${MAX_PATTERN_LENGTH} characters` };
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { outcome: 'refused', problem: `is not an RE2 expression: ${error.message}` };
  }
  if (compiled.programSize() > MAX_PROGRAM_SIZE) {
    return { outcome: 'refused', problem: 'is too large: its repetitions multiply' };
  }
  return {
    outcome: 'compiled',
    pattern: { matches: (name) => name.length <= MAX_NAME_LENGTH && compiled.matches(name) },
  };
}
