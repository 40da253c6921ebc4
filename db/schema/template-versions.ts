import { index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { Template } from '../../contracts/template.ts';
import { instant } from './instant.ts';
import { templates } from './templates.ts';
import { users } from './users.ts';

/** Every version of every template, as it was accepted. Rows are never changed: accounts refer to them for years. */
export const templateVersions = pgTable(
  'template_versions',
  {
    templateId: uuid('template_id')
      .notNull()
      .references(() => templates.id),
    version: integer().notNull(),
    document: jsonb().$type<Template>().notNull(),
    createdBy: text('created_by')
      .notNull()
      .references(() => users.name),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    // One version of one template; also the foreign key to templates.
    primaryKey({ columns: [table.templateId, table.version] }),
    // Foreign key.
    index('template_versions_created_by').on(table.createdBy),
  ],
);
