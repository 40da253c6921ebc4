import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** Every destructive step that was let through, and when at last: what the brake counts. */
export const destructiveSteps = pgTable(
  'destructive_steps',
  {
    accountId: uuid('account_id').notNull(),
    step: text({ enum: ['end-of-life', 'retirement', 'deletion'] }).notNull(),
    /** The end of the period that is met, or the instant at which the retirement was asked for. */
    occasion: instant().notNull(),
    domain: text().notNull(),
    at: instant().notNull(),
  },
  (table) => [
    // One admission, however often it is asked for.
    primaryKey({ columns: [table.accountId, table.step, table.occasion] }),
    // How many there were in a domain within the hour.
    index('destructive_steps_domain').on(table.domain, table.at),
  ],
);
