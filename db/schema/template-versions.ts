import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { TEMPLATE_STATES, type Template } from '../../contracts/template.ts';
import { instant } from './instant.ts';
import { templates } from './templates.ts';
import { users } from './users.ts';

/** Every version of every template. The document of one that was ever published never changes: accounts refer to it for years. */
export const templateVersions = pgTable(
  'template_versions',
  {
    templateId: uuid('template_id')
      .notNull()
      .references(() => templates.id),
    version: integer().notNull(),
    state: text({ enum: TEMPLATE_STATES }).notNull(),
    document: jsonb().$type<Template>().notNull(),
    createdBy: text('created_by')
      .notNull()
      .references(() => users.name),
    createdAt: instant('created_at').notNull(),
    publishedBy: text('published_by'),
    publishedAt: instant('published_at'),
  },
  (table) => [
    // One version of one template; also the foreign key to templates.
    primaryKey({ columns: [table.templateId, table.version] }),
    // The rule itself: of two people who begin a draft at the same instant one is told of the other's.
    uniqueIndex('template_versions_draft')
      .on(table.templateId)
      .where(sql`${table.state} = 'draft'`),
    // The rule itself, and the version that requests are made under.
    uniqueIndex('template_versions_published')
      .on(table.templateId)
      .where(sql`${table.state} = 'published'`),
    // Foreign key.
    index('template_versions_created_by').on(table.createdBy),
  ],
);
