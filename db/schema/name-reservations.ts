import { sql } from 'drizzle-orm';
import { index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/**
 * Which account has which name in a domain. A table of its own, because a name is taken before the account's first
 * transition is recorded, and lists must not show half an account.
 */
export const nameReservations = pgTable(
  'name_reservations',
  {
    accountId: uuid('account_id').primaryKey(),
    domain: text().notNull(),
    samAccountName: text('sam_account_name').notNull(),
    /** The template of the request: it is not deleted while a request is on its way to its first transition. */
    templateId: uuid('template_id').notNull(),
    reservedAt: instant('reserved_at').notNull(),
    /** Set when the account has come to its end: the name is free for another one. */
    releasedAt: instant('released_at'),
  },
  (table) => [
    // The rule itself: AD compares names without case, and of two requests at the same instant one wins.
    uniqueIndex('name_reservations_taken')
      .on(table.domain, sql`lower(${table.samAccountName})`)
      .where(sql`${table.releasedAt} is null`),
    // Whether a template may be deleted.
    index('name_reservations_template').on(table.templateId),
  ],
);
