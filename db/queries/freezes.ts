/** Freezes: while one is in force, nothing destructive begins in its domain or under its template. */
import { and, desc, eq, isNotNull, isNull, sql, type InferSelectModel } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { freezes } from '../schema/freezes.ts';
import { pageOf, type Page } from './page.ts';

export type FreezeRow = InferSelectModel<typeof freezes>;

export interface FreezeCursor {
  readonly frozenAt: string;
  readonly id: string;
}

/** `exists`: one is in force for that subject, or the id is in use. */
export async function createFreeze(
  db: Database,
  freeze: Omit<FreezeRow, 'thawedBy' | 'thawedAt'>,
): Promise<'created' | 'exists'> {
  const created = await db.query((drizzle) =>
    drizzle.insert(freezes).values(freeze).onConflictDoNothing().returning({ id: freezes.id }),
  );
  return created.length > 0 ? 'created' : 'exists';
}

export async function findFreeze(db: Database, id: string): Promise<FreezeRow | undefined> {
  const rows = await db.query((drizzle) => drizzle.select().from(freezes).where(eq(freezes.id, id)));
  return rows[0];
}

/** The freeze, thawed. One that was thawed before stays as it was; `undefined` when there is none. */
export async function thawFreeze(
  db: Database,
  { id, thawedBy, thawedAt }: { readonly id: string; readonly thawedBy: string; readonly thawedAt: string },
): Promise<FreezeRow | undefined> {
  await db.query((drizzle) =>
    drizzle
      .update(freezes)
      .set({ thawedBy, thawedAt })
      .where(and(eq(freezes.id, id), isNull(freezes.thawedAt))),
  );
  return findFreeze(db, id);
}

/** A page of freezes, the newest first. */
export async function listFreezes(
  db: Database,
  {
    inForce,
    after,
    limit,
  }: { readonly inForce?: boolean | undefined; readonly after?: FreezeCursor | undefined; readonly limit: number },
): Promise<Page<FreezeRow, FreezeCursor>> {
  const behind =
    after && sql`(${freezes.frozenAt}, ${freezes.id}) < (${after.frozenAt}::timestamptz, ${after.id}::uuid)`;
  const rows = await db.query((drizzle) =>
    drizzle
      .select()
      .from(freezes)
      .where(and(inForce === undefined ? undefined : (inForce ? isNull : isNotNull)(freezes.thawedAt), behind))
      .orderBy(desc(freezes.frozenAt), desc(freezes.id))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, ({ frozenAt, id }) => ({ frozenAt, id }));
}
