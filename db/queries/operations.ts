/** Answers to requests that change the configuration, kept so that a repeated request gets its first answer. */
import { and, eq, lt, sql } from 'drizzle-orm';
import type { Database, Drizzle } from '../client.ts';
import { operations } from '../schema/operations.ts';

export interface Operation {
  /** The name of the user who asks; another user's equal key is another operation. */
  readonly caller: string;
  /** The Idempotency-Key. */
  readonly key: string;
  /** A hash over route and body. */
  readonly fingerprint: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
}

export interface RecordedAnswer {
  readonly status: number;
  /** JSON, without anything secret: it is stored as it is. */
  readonly body: unknown;
}

export type BegunOperation =
  | { readonly outcome: 'new' }
  | { readonly outcome: 'answered'; readonly answer: RecordedAnswer }
  | { readonly outcome: 'key-reused' };

/** Documented in docs/api.md: who repeats a request after a week does not wait for its answer any more. */
const REMEMBERED_MS = 7 * 24 * 60 * 60 * 1000;
/** More than one request adds, so that the table shrinks; few enough that no request notices. */
const FORGOTTEN_AT_ONCE = 100;

/**
 * Claims the key. Call it, the change itself and {@link completeOperation} in one transaction: then a second request with the same key
 * waits here for the first one's end, and a crash in between leaves nothing. `key-reused`: the key came with another request.
 * A new operation makes room: some of those that are older than a week are forgotten.
 */
export async function beginOperation(db: Database, operation: Operation): Promise<BegunOperation> {
  const { caller, key, fingerprint } = operation;
  return db.query(async (drizzle): Promise<BegunOperation> => {
    const claimed = await drizzle
      .insert(operations)
      .values(operation)
      .onConflictDoNothing()
      .returning({ key: operations.key });
    if (claimed.length > 0) {
      await forgetOld(drizzle, Date.parse(operation.createdAt) - REMEMBERED_MS);
      return { outcome: 'new' };
    }
    const [first] = await drizzle
      .select()
      .from(operations)
      .where(and(eq(operations.caller, caller), eq(operations.key, key)));
    // Forgotten a moment ago, by another request.
    if (!first) return beginOperation(db, operation);
    if (first.fingerprint !== fingerprint) return { outcome: 'key-reused' };
    if (first.status === null) return { outcome: 'new' };
    return { outcome: 'answered', answer: { status: first.status, body: first.body } };
  });
}

/** What an operation came to, without claiming its key; `new` also while another request works on it. */
export async function findOperation(
  db: Database,
  { caller, key, fingerprint }: Omit<Operation, 'createdAt'>,
): Promise<BegunOperation> {
  const [first] = await db.query((drizzle) =>
    drizzle
      .select()
      .from(operations)
      .where(and(eq(operations.caller, caller), eq(operations.key, key))),
  );
  if (!first) return { outcome: 'new' };
  if (first.fingerprint !== fingerprint) return { outcome: 'key-reused' };
  if (first.status === null) return { outcome: 'new' };
  return { outcome: 'answered', answer: { status: first.status, body: first.body } };
}

/**
 * Holds `operationId` until the transaction ends, for those who {@link awaitOperation}: call it before they begin. A lock
 * and no row, so that a crash leaves nothing behind.
 */
export async function holdOperation(transaction: Database, operationId: string): Promise<void> {
  await transaction.query((drizzle) => drizzle.execute(sql`select pg_advisory_xact_lock(${lockOf(operationId)})`));
}

/** Resolves when no transaction holds `operationId` any more; rejects when one does for longer than a statement may take. */
export async function awaitOperation(db: Database, operationId: string): Promise<void> {
  await db.query((drizzle) => drizzle.execute(sql`select pg_advisory_xact_lock_shared(${lockOf(operationId)})`));
}

function lockOf(operationId: string) {
  return sql`hashtextextended(${operationId}, 0)`;
}

/** Rows that another request is at are left to it: nobody waits here. */
async function forgetOld(drizzle: Drizzle, beforeMs: number): Promise<void> {
  const old = drizzle
    .select({ caller: operations.caller, key: operations.key })
    .from(operations)
    .where(lt(operations.createdAt, new Date(beforeMs).toISOString()))
    .orderBy(operations.createdAt)
    .limit(FORGOTTEN_AT_ONCE)
    .for('update', { skipLocked: true });
  await drizzle.delete(operations).where(sql`(${operations.caller}, ${operations.key}) in ${old}`);
}

/** Stores the answer that the same request will get again. */
export async function completeOperation(
  db: Database,
  { caller, key }: Pick<Operation, 'caller' | 'key'>,
  { status, body }: RecordedAnswer,
): Promise<void> {
  await db.query((drizzle) =>
    drizzle
      .update(operations)
      .set({ status, body })
      .where(and(eq(operations.caller, caller), eq(operations.key, key))),
  );
}
