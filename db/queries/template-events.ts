/** What happened to templates, and who did it. */
import { and, asc, eq, gt, type InferSelectModel } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { templateEvents } from '../schema/template-events.ts';
import { pageOf, type Page } from './page.ts';

export interface TemplateEventRow extends Omit<InferSelectModel<typeof templateEvents>, 'id'> {
  /** Grows in the order of writing; also where a page begins. */
  readonly id: string;
}

/** Puts an event on record, in the transaction of what it tells. */
export async function recordTemplateEvent(
  transaction: Database,
  event: Omit<typeof templateEvents.$inferInsert, 'id'>,
): Promise<void> {
  await transaction.query((drizzle) => drizzle.insert(templateEvents).values(event));
}

/** A page of one template's events, the oldest first; `after` is the id of the last one of the page before. */
export async function listTemplateEvents(
  db: Database,
  {
    templateId,
    after,
    limit,
  }: { readonly templateId: string; readonly after?: string | undefined; readonly limit: number },
): Promise<Page<TemplateEventRow, string>> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select()
      .from(templateEvents)
      .where(
        and(
          eq(templateEvents.templateId, templateId),
          after === undefined ? undefined : gt(templateEvents.id, Number(after)),
        ),
      )
      .orderBy(asc(templateEvents.id))
      .limit(limit + 1),
  );
  const named = rows.map((row) => ({ ...row, id: String(row.id) }));
  return pageOf(named, limit, ({ id }) => id);
}
