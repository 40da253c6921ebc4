/** Cursors: opaque to callers, the key of a page's last item to us. */
import { z } from 'zod';
import { invalid } from './refusal.ts';

/** The key of a row that is numbered in the order of writing: a whole number that JavaScript can hold. */
export const rowNumberSchema = z.string().regex(/^\d{1,15}$/);

interface KeyedPage<Item, Key> {
  readonly items: readonly Item[];
  readonly next?: Key;
}

/** The page as callers get it. */
export function pageAnswer<Item, Key, Shown>(page: KeyedPage<Item, Key>, show: (item: Item) => Shown) {
  return { items: page.items.map(show), next: page.next === undefined ? null : encodeCursor(page.next) };
}

/** Opaque text for a key, safe in a URL. */
export function encodeCursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key in a cursor, checked by `schema`: callers can write anything into one. 422 when it is not one of ours. */
export function decodeCursor<S extends z.ZodType>(schema: S, after: string | undefined): z.output<S> | undefined {
  if (after === undefined) return undefined;
  const parsed = schema.safeParse(jsonIn(after));
  if (parsed.success) return parsed.data;
  throw invalid([{ location: 'query', field: 'after', message: 'must be the "next" of a page of this list' }]);
}

function jsonIn(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
