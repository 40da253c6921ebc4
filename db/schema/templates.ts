import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { domains } from './domains.ts';
import { instant } from './instant.ts';

/** One row per template: its newest version, by number, and what lists are ordered by. Documents are in `template_versions`. */
export const templates = pgTable(
  'templates',
  {
    id: uuid().primaryKey(),
    /** Of the newest version, as is the domain. */
    name: text().notNull(),
    domain: text()
      .notNull()
      .references(() => domains.fqdn),
    newestVersion: integer('newest_version').notNull(),
    /** Counts every edit of a draft and every change of a version's state. */
    revision: integer().notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    // The list of templates, in the order in which people look for them.
    index('templates_name').on(table.name, table.id),
    // Foreign key.
    index('templates_domain').on(table.domain),
  ],
);
