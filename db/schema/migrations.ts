import { index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { MigrationChanges } from '../../contracts/workflows.ts';
import { instant } from './instant.ts';

/** Moves of many accounts at once, as they were asked for. How far one has come is asked of its workflow, not stored. */
export const migrations = pgTable(
  'migrations',
  {
    id: uuid().primaryKey(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: instant('requested_at').notNull(),
    changes: jsonb().$type<MigrationChanges>().notNull(),
    /** How many accounts it is for. */
    accounts: integer().notNull(),
    /** How many of them are moved within a minute at most. */
    perMinute: integer('per_minute').notNull(),
  },
  (table) => [
    // The list, newest first.
    index('migrations_newest').on(table.requestedAt, table.id),
  ],
);
