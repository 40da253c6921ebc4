import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/**
 * Answers to requests that change the configuration, by the caller's Idempotency-Key: the same request again gets the
 * same answer, for seven days at least. Requests about accounts have no row here, their workflow remembers them.
 */
export const operations = pgTable(
  'operations',
  {
    caller: text().notNull(),
    key: text().notNull(),
    /** A hash over route and body: the same key for another request is a mistake of the caller. */
    fingerprint: text().notNull(),
    /** Null while the request is being worked on. */
    status: integer(),
    /** The answer without anything secret in it: a token is shown once. */
    body: jsonb().$type<unknown>(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    // One request of one caller.
    primaryKey({ columns: [table.caller, table.key] }),
    // Those that may be forgotten.
    index('operations_created_at').on(table.createdAt),
  ],
);
