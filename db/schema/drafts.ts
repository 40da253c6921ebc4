import { index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { users } from './users.ts';

/** Requests that are being written: for nobody but their author. */
export const drafts = pgTable(
  'drafts',
  {
    id: uuid().primaryKey(),
    author: text()
      .notNull()
      .references(() => users.name),
    /** What there is of the request so far. */
    request: jsonb().$type<unknown>().notNull(),
    /** The template in it, once one was chosen: it is not deleted as long as a draft names it. */
    templateId: uuid('template_id'),
    /** Counts the edits. */
    revision: integer().notNull(),
    createdAt: instant('created_at').notNull(),
    changedAt: instant('changed_at').notNull(),
  },
  (table) => [
    // One author's list, newest first; also the foreign key.
    index('drafts_author').on(table.author, table.createdAt, table.id),
    // Whether a template may be deleted.
    index('drafts_template').on(table.templateId),
  ],
);
