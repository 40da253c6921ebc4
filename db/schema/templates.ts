import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { domains } from './domains.ts';
import { instant } from './instant.ts';

/** One row per template: its newest version, by number, and what lists show. The document is in `template_versions`. */
export const templates = pgTable(
  'templates',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    domain: text()
      .notNull()
      .references(() => domains.fqdn),
    currentVersion: integer('current_version').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    // The list of templates, in the order in which people look for them.
    index('templates_name').on(table.name, table.id),
    // Foreign key.
    index('templates_domain').on(table.domain),
  ],
);
