/** What is wrong with a field, in the words of people who do not know how it was found: zod's own are those of a program. */
import type { z } from 'zod';

/** The schemas' own messages go before these; give it to `safeParse`. Field names are told apart from the message. */
export const IN_WORDS = { error: (issue: z.core.$ZodRawIssue): string => messageOf(issue) };

function messageOf(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? 'is of the wrong kind';
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum));
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum));
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${JSON.stringify(issue.values[0])}`
        : `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'is not written as it must be';
    default:
      return 'is not valid';
  }
}

/** By what a schema expects. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'must be text',
  number: 'must be a number',
  int: 'must be a whole number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be an object',
  record: 'must be an object',
  null: 'must be null',
};

const FORMATS: Readonly<Record<string, string>> = {
  email: 'must be an e-mail address',
  uuid: 'must be a UUID',
  date: 'must be a day, such as 2026-01-31',
  datetime: 'must be an instant in UTC with milliseconds, such as 2026-01-31T00:00:00.000Z',
};

/** What is counted, by what has it; of numbers nothing is. */
const PARTS: Readonly<Record<string, string>> = { string: 'character', array: 'entry' };

function tooSmall(origin: string, minimum: number): string {
  if (!PARTS[origin]) return `must be at least ${minimum}`;
  return minimum === 1 ? 'must not be empty' : `must have at least ${counted(minimum, origin)}`;
}

function tooBig(origin: string, maximum: number): string {
  return PARTS[origin] ? `must have at most ${counted(maximum, origin)}` : `must be at most ${maximum}`;
}

function counted(count: number, origin: string): string {
  if (count === 1) return `1 ${PARTS[origin]}`;
  return `${count} ${origin === 'array' ? 'entries' : 'characters'}`;
}
