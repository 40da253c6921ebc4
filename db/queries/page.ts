/** Keyset pagination: a page and the key at which the next one begins. */

export interface Page<Item, Cursor> {
  readonly items: Item[];
  /** The `after` of the following page; absent on the last one. */
  readonly next?: Cursor;
}

/** Cuts the page out of rows that were read with a limit of `limit` + 1: the extra row says whether there is a next page. */
export function pageOf<Item, Cursor>(
  rows: readonly Item[],
  limit: number,
  cursorOf: (last: Item) => Cursor,
): Page<Item, Cursor> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: cursorOf(last) } : { items };
}
