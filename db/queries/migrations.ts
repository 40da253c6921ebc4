/** Moves of many accounts at once, as they were asked for. */
import { desc, eq, sql, type InferSelectModel } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { migrations } from '../schema/migrations.ts';
import { pageOf, type Page } from './page.ts';
import { findTemplate, holdTemplate } from './templates.ts';

export type MigrationRow = InferSelectModel<typeof migrations>;

export interface MigrationCursor {
  readonly requestedAt: string;
  readonly id: string;
}

/**
 * Puts a migration on record, in a transaction that keeps its template from being deleted meanwhile. `exists`: the id is in
 * use; `template-missing`: the template that it moves accounts to was deleted.
 */
export async function createMigration(
  db: Database,
  migration: MigrationRow,
): Promise<'created' | 'exists' | 'template-missing'> {
  const { snapshot } = migration.changes;
  if (snapshot) {
    await holdTemplate(db, snapshot.templateId);
    if (!(await findTemplate(db, snapshot.templateId))) return 'template-missing';
  }
  const created = await db.query((drizzle) =>
    drizzle.insert(migrations).values(migration).onConflictDoNothing().returning({ id: migrations.id }),
  );
  return created.length > 0 ? 'created' : 'exists';
}

export async function findMigration(db: Database, id: string): Promise<MigrationRow | undefined> {
  const rows = await db.query((drizzle) => drizzle.select().from(migrations).where(eq(migrations.id, id)));
  return rows[0];
}

/** A page of migrations, the newest first. */
export async function listMigrations(
  db: Database,
  { after, limit }: { readonly after?: MigrationCursor | undefined; readonly limit: number },
): Promise<Page<MigrationRow, MigrationCursor>> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select()
      .from(migrations)
      .where(
        after &&
          sql`(${migrations.requestedAt}, ${migrations.id}) < (${after.requestedAt}::timestamptz, ${after.id}::uuid)`,
      )
      .orderBy(desc(migrations.requestedAt), desc(migrations.id))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, ({ requestedAt, id }) => ({ requestedAt, id }));
}
