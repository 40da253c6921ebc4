/** Arguments as the vendor binds them: names in any case, `paging.` before query names or not (docs.delinea.com, Secret Server REST API). */
import type { Request } from 'express';
import { invalid, refusal } from './refusals.ts';

/** Reads typed members; a member of the wrong type is a refusal, an absent one (or null) is undefined. */
export interface Arguments {
  has(name: string): boolean;
  text(name: string): string | undefined;
  integer(name: string): number | undefined;
  flag(name: string): boolean | undefined;
  texts(name: string): string[];
  objects(name: string): Arguments[] | undefined;
  object(name: string): Arguments | undefined;
  raw(name: string): unknown;
}

/** The query of a request. */
export function readQuery(request: Request): Arguments {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URL(request.originalUrl, 'https://simulator').searchParams) {
    const key = name.toLowerCase().replace(/^paging\./, '');
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return reader((name) => {
    const found = values.get(name);
    return found && found.length > 1 ? found : found?.[0];
  });
}

/** The JSON body of a request; without one, a reader that has nothing. */
export function readBody(request: Request): Arguments {
  const bytes = bodyOf(request);
  if (bytes.length === 0) return reader(() => undefined);
  if (!/json/i.test(request.get('content-type') ?? '')) {
    throw refusal({ status: 415, body: { message: "The request entity's media type is not supported." } });
  }
  return readObject(parseJson(bytes));
}

/** The JSON array that is the whole body, for the few operations that take one. */
export function readList(request: Request): unknown[] {
  const value = parseJson(bodyOf(request));
  if (!Array.isArray(value)) throw invalid('body', 'An array is required.');
  return value;
}

export function bodyOf(request: Request): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** A value of JSON as arguments; nothing but an object will do. */
function readObject(value: unknown): Arguments {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('body', 'An object is required.');
  }
  const members = new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member as unknown]));
  return reader((name) => members.get(name) ?? undefined);
}

function reader(get: (lowerName: string) => unknown): Arguments {
  const raw = (name: string) => get(name.toLowerCase());
  return {
    raw,
    has: (name) => raw(name) !== undefined,
    text: (name) => textOf(name, raw(name)),
    integer: (name) => integerOf(name, raw(name)),
    flag: (name) => flagOf(name, raw(name)),
    texts: (name) => [raw(name) ?? []].flat().map(String),
    object: (name) => (raw(name) === undefined ? undefined : readObject(raw(name))),
    objects: (name) => {
      const value = raw(name);
      if (value === undefined) return undefined;
      if (!Array.isArray(value)) throw invalid(name, 'An array is required.');
      return value.map(readObject);
    },
  };
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw invalid(name, 'A text is required.');
}

function integerOf(name: string, value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  if (Array.isArray(value) || typeof value === 'boolean' || !Number.isInteger(number)) {
    throw invalid(name, 'A whole number is required.');
  }
  return number;
}

function flagOf(name: string, value: unknown): boolean | undefined {
  if (value === undefined || value === '') return undefined;
  const text = textOf(name, value)?.toLowerCase();
  if (text !== 'true' && text !== 'false') throw invalid(name, 'true or false is required.');
  return text === 'true';
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('body', 'The body is not JSON.');
  }
}
