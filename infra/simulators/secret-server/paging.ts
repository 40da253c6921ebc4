/** The envelope around every search and lookup (docs.delinea.com, Secret Server REST API). */
import type { Arguments } from './arguments.ts';
import { invalid } from './refusals.ts';

const DEFAULT_TAKE = 10;

export interface Page<T> {
  readonly records: readonly T[];
  readonly [member: string]: unknown;
}

/** The page of `all` that `query` asks for, sorted by `sortBy[0]` (by name when absent). */
export function pageOf<T extends object>(all: readonly T[], query: Arguments, defaultSort = 'name'): Page<T> {
  const skip = query.integer('skip') ?? 0;
  const take = query.integer('take') ?? DEFAULT_TAKE;
  if (skip < 0) throw invalid('skip', 'It must not be negative.');
  if (take < 1) throw invalid('take', 'It must be at least 1.');
  const sortName = query.text('sortBy[0].name') ?? defaultSort;
  const direction = query.text('sortBy[0].direction') ?? 'Asc';
  const records = sorted(all, sortName, direction).slice(skip, skip + take);
  const pageCount = Math.ceil(all.length / take);
  return {
    filter: {},
    skip,
    take,
    total: query.flag('filter.doNotCalculateTotal') ? 0 : all.length,
    pageCount,
    currentPage: Math.floor(skip / take) + 1,
    batchCount: pageCount,
    prevSkip: Math.max(0, skip - take),
    nextSkip: skip + take,
    hasPrev: skip > 0,
    hasNext: skip + take < all.length,
    records,
    sortBy: [{ name: sortName, direction, priority: 0 }],
    success: true,
    severity: 'None',
  };
}

function sorted<T extends object>(all: readonly T[], name: string, direction: string): T[] {
  const order = { none: 0, asc: 1, desc: -1, '0': 0, '1': 1, '2': -1 }[direction.toLowerCase()];
  if (order === undefined) throw invalid('sortBy[0].direction', 'None, Asc or Desc.');
  const key = (record: T): unknown => {
    const members: [string, unknown][] = Object.entries(record);
    return members.find(([member]) => member.toLowerCase() === name.toLowerCase())?.[1];
  };
  return all.toSorted((a, b) => order * compare(key(a), key(b)));
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en');
}
