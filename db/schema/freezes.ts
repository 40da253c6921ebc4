import { sql } from 'drizzle-orm';
import { index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

const FREEZE_SCOPES = ['domain', 'template'] as const;

/** When administrators let nothing be destroyed in a domain or under a template. Rows are only ever thawed. */
export const freezes = pgTable(
  'freezes',
  {
    id: uuid().primaryKey(),
    scope: text({ enum: FREEZE_SCOPES }).notNull(),
    /** The domain's name or the template's id. */
    subject: text().notNull(),
    reason: text().notNull(),
    frozenBy: text('frozen_by').notNull(),
    frozenAt: instant('frozen_at').notNull(),
    thawedBy: text('thawed_by'),
    thawedAt: instant('thawed_at'),
  },
  (table) => [
    // The list, newest first.
    index('freezes_newest').on(table.frozenAt, table.id),
    // The rule itself, one in force per subject; and what every destructive step asks.
    uniqueIndex('freezes_in_force')
      .on(table.scope, table.subject)
      .where(sql`${table.thawedAt} is null`),
  ],
);
