/**
 * Things with a soft deletion: marked ones stay, unusable, for 72 hours, can be restored, and are then gone
 * (docs.delinea.com, DevOps Secrets Vault; dsv-docs, `product/cli-ref/secret.md`).
 */
import { refusal } from '../refusal.ts';
import { badRequest, notFound, vaultRefusal, type Answer } from './answer.ts';

const SOFT_DELETION_MS = 72 * 3_600_000;

interface Item<T> {
  readonly value: T;
  markedAtMs?: number | undefined;
}

export interface Shelf<T> {
  /** The value, unless it is missing or marked for deletion. */
  peek(key: string): T | undefined;
  /** The value. Throws 404 when it is missing, and the message of the mark when it is marked. */
  read(key: string): T;
  /** Like `read`, but a marked thing is 400: it cannot be changed. */
  change(key: string): T;
  /** Whether the key is in use, by a marked thing too. */
  has(key: string): boolean;
  put(key: string, value: T): void;
  /** Marks the thing, or purges it at once; throws 404 when it is missing. Marking again starts no new 72 hours. */
  remove(key: string, force: boolean): Answer;
  /** Takes the mark off. Throws 404 when the thing is missing and 400 when it is not marked. */
  restore(key: string): void;
  /** What is there and not marked, by key. */
  live(): readonly (readonly [string, T])[];
  /** The key of a thing, marked or not. */
  keyOf(is: (key: string, value: T) => boolean): string | undefined;
  /** The keys of what is marked. */
  marked(): readonly string[];
}

export interface ShelfOptions {
  /** As messages name the thing, such as `secret`. */
  readonly kind: string;
  readonly nowMs: () => number;
  /** The status of a read of a marked thing; see `DsvOptions`. */
  readonly markedReadStatus: 200 | 404;
}

export function createShelf<T>({ kind, nowMs, markedReadStatus }: ShelfOptions): Shelf<T> {
  const items = new Map<string, Item<T>>();
  const message = `${kind} marked for deletion and will be removed in about 72 hours`;

  function find(key: string): Item<T> | undefined {
    const item = items.get(key);
    if (item?.markedAtMs === undefined || nowMs() < item.markedAtMs + SOFT_DELETION_MS) return item;
    items.delete(key);
    return undefined;
  }

  function existing(key: string): Item<T> {
    const item = find(key);
    if (!item) throw notFound();
    return item;
  }

  function unmarked(key: string, refused: Answer): T {
    const item = existing(key);
    if (item.markedAtMs !== undefined) throw refusal(refused);
    return item.value;
  }

  function present(): readonly (readonly [string, Item<T>])[] {
    return [...items.keys()].flatMap((key) => {
      const item = find(key);
      return item ? [[key, item] as const] : [];
    });
  }

  const marker: Answer = { status: 200, body: { message } };
  return {
    peek: (key) => {
      const item = find(key);
      return item?.markedAtMs === undefined ? item?.value : undefined;
    },
    read: (key) => unmarked(key, markedReadStatus === 200 ? marker : vaultRefusal(markedReadStatus, message)),
    change: (key) => unmarked(key, vaultRefusal(400, message)),
    has: (key) => find(key) !== undefined,
    put: (key, value) => void items.set(key, { value }),
    remove(key, force) {
      const item = existing(key);
      if (!force) {
        item.markedAtMs ??= nowMs();
        return marker;
      }
      items.delete(key);
      return { status: 204 };
    },
    restore(key) {
      const item = existing(key);
      if (item.markedAtMs === undefined) throw badRequest(`${kind} is not marked for deletion`);
      item.markedAtMs = undefined;
    },
    live: () => present().flatMap(([key, item]) => (item.markedAtMs === undefined ? [[key, item.value] as const] : [])),
    keyOf: (is) => present().find(([key, { value }]) => is(key, value))?.[0],
    marked: () => present().flatMap(([key, item]) => (item.markedAtMs === undefined ? [] : [key])),
  };
}
