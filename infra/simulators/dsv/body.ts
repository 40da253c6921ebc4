/**
 * Request bodies as the vault reads them: the names of members match in any case, members it does not know are ignored,
 * null counts as left out, and a value of the wrong type is refused (docs.delinea.com, DevOps Secrets Vault: dsv-cli sends `Data`,
 * vault-java-sdk sends `id` and a null `description`).
 */
import { badRequest } from './answer.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Body {
  text(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  /** A whole number, not negative. */
  count(name: string): number | undefined;
  object(name: string): Json | undefined;
  list(name: string): readonly unknown[] | undefined;
  strings(name: string): readonly string[] | undefined;
}

/** The members of a JSON object or a form. Throws 400 when it is neither. */
export function readBody(value: unknown): Body {
  if (!isObject(value)) throw badRequest('the request body must be a JSON object');
  // Of names that differ in case only, the last one counts.
  const members = new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));

  function read<T>(name: string, what: string, is: (member: unknown) => member is T): T | undefined {
    const member = members.get(name.toLowerCase()) ?? undefined;
    if (member === undefined || is(member)) return member;
    throw badRequest(`${name} must be ${what}`);
  }

  return {
    text: (name) => read(name, 'a string', (member) => typeof member === 'string'),
    flag: (name) => read(name, 'a boolean', (member) => typeof member === 'boolean'),
    count: (name) => read(name, 'a whole number', isCount),
    object: (name) => read(name, 'an object', isObject),
    list: (name) => read(name, 'a list', isList),
    strings: (name) => read(name, 'a list of strings', isStrings),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return isList(value) && value.every((one) => typeof one === 'string');
}
