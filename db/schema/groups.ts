import { boolean, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** Groups of users of the product. The name is the group's id everywhere, and never used again. */
export const groups = pgTable('groups', {
  name: text().primaryKey(),
  /** A disabled group gives its members nothing. */
  disabled: boolean().notNull().default(false),
  /** Counts the changes of members and of `disabled`. */
  version: integer().notNull().default(1),
  createdAt: instant('created_at').notNull(),
});
