/** What the outbox holds. It is filled by `fill-outbox.ts`. */
import { and, desc, eq, getTableColumns, lt, type InferSelectModel } from 'drizzle-orm';
import type { OutboxKind } from '../../contracts/notices.ts';
import type { Database } from '../client.ts';
import { notices } from '../schema/notices.ts';
import { pageOf, type Page } from './page.ts';

export interface NoticeRow extends Omit<InferSelectModel<typeof notices>, 'id' | 'occasion'> {
  /** Grows in the order of writing; also where a page begins. */
  readonly id: string;
}

export interface NoticeFilter {
  readonly kind?: OutboxKind | undefined;
  readonly accountId?: string | undefined;
  readonly templateId?: string | undefined;
  readonly domain?: string | undefined;
  /** The id of the last notice of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

const { occasion: _occasion, ...SHOWN_COLUMNS } = getTableColumns(notices);

/** A page of notices, the newest first. */
export async function listNotices(
  db: Database,
  { kind, accountId, templateId, domain, after, limit }: NoticeFilter,
): Promise<Page<NoticeRow, string>> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select(SHOWN_COLUMNS)
      .from(notices)
      .where(
        and(
          kind === undefined ? undefined : eq(notices.kind, kind),
          accountId === undefined ? undefined : eq(notices.accountId, accountId),
          templateId === undefined ? undefined : eq(notices.templateId, templateId),
          domain === undefined ? undefined : eq(notices.domain, domain),
          after === undefined ? undefined : lt(notices.id, Number(after)),
        ),
      )
      .orderBy(desc(notices.id))
      .limit(limit + 1),
  );
  const named = rows.map((row) => ({ ...row, id: String(row.id) }));
  return pageOf(named, limit, ({ id }) => id);
}
