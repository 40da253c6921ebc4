import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { AccountEvent } from '../../contracts/account.ts';
import { ACCOUNT_STATES, EVENT_TYPES } from '../../contracts/lifecycle.ts';
import { accounts } from './accounts.ts';
import { instant } from './instant.ts';

/** What happened to each account, in order. Rows are only ever added. */
export const accountEvents = pgTable(
  'account_events',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => accounts.id),
    sequence: integer().notNull(),
    type: text({ enum: EVENT_TYPES }).notNull(),
    at: instant().notNull(),
    actor: text().notNull(),
    state: text({ enum: ACCOUNT_STATES }).notNull(),
    detail: jsonb().$type<AccountEvent['detail']>().notNull(),
  },
  (table) => [
    // The history of one account; also the guard against recording an event twice, and the foreign key.
    primaryKey({ columns: [table.accountId, table.sequence] }),
  ],
);
