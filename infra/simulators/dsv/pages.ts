/**
 * Lists in pages: `cursor` is opaque, goes back as it came, and is empty at the end (docs.delinea.com, DevOps Secrets Vault). Clients leave
 * a parameter out or send it empty (dsv-cli, `handleSecretSearchCmd`); both mean the default.
 */
import { createHash } from 'node:crypto';
import { badRequest } from './answer.ts';

export type Query = ReadonlyMap<string, string>;

/** Seen in answers to requests that ask for none (dsv-docs, `product/quickstart/policies/index.md`). */
const DEFAULT_LIMIT = 25;

/** The vendor names no largest one. */
const MAX_LIMIT = 1_000;

interface Listed {
  /** Unique; lists are in the order of their keys. */
  readonly key: string;
  readonly view: unknown;
}

export interface Page {
  readonly cursor: string;
  readonly data: readonly unknown[];
  readonly length: number;
  readonly limit: number;
  readonly sort: string;
}

/**
 * The page of `items` that `query` asks for. Throws 400 on a limit that is none, and on a cursor that is not one of this
 * list's: the vendor does not say what it does with such a cursor.
 */
export function pageOf(items: readonly Listed[], query: Query, order: 'asc' | 'desc'): Page {
  const limit = parseLimit(query);
  const ofQuery = fingerprint(query);
  const after = parseCursor(query.get('cursor'), ofQuery);
  const sign = order === 'asc' ? 1 : -1;
  const compare = (left: string, right: string) => sign * (left < right ? -1 : Number(left > right));
  const sorted = [...items].sort((left, right) => compare(left.key, right.key));
  const rest = after === undefined ? sorted : sorted.filter(({ key }) => compare(key, after) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const cursor = last && rest.length > limit ? encodeCursor(last.key, ofQuery) : '';
  return { cursor, data: page.map(({ view }) => view), length: page.length, limit, sort: query.get('sort') ?? '' };
}

/** `asc` or `desc`, descending by default. */
export function parseOrder(query: Query): 'asc' | 'desc' {
  const order = query.get('sort') || 'desc';
  if (order !== 'asc' && order !== 'desc') throw badRequest('sort must be asc or desc');
  return order;
}

export function parseLimit(query: Query): number {
  const text = query.get('limit') || String(DEFAULT_LIMIT);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw badRequest(`limit must be from 1 to ${MAX_LIMIT}`);
  return limit;
}

/** Of everything but the place in the list: a cursor is good for the query that it came from only. */
function fingerprint(query: Query): string {
  const rest = [...query].filter(([name, value]) => name !== 'cursor' && name !== 'limit' && value !== '').sort();
  return createHash('sha256').update(JSON.stringify(rest)).digest('base64url');
}

function encodeCursor(after: string, ofQuery: string): string {
  return Buffer.from(JSON.stringify([after, ofQuery])).toString('base64');
}

function parseCursor(cursor: string | undefined, ofQuery: string): string | undefined {
  if (!cursor) return undefined;
  try {
    const [after] = JSON.parse(Buffer.from(cursor, 'base64').toString()) as unknown[];
    if (typeof after === 'string' && encodeCursor(after, ofQuery) === cursor) return after;
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest('the cursor is not valid');
}
