import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { accounts } from './accounts.ts';
import { instant } from './instant.ts';

/**
 * Who may see which account: requester, owners and approvers, derived from the account's row. A table and not an array
 * with a GIN index, because a page of a user's accounts must be read in order: an array index gives all of a user's
 * accounts at once, to be sorted for every page.
 */
export const accountParties = pgTable(
  'account_parties',
  {
    userName: text('user_name').notNull(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => accounts.id),
    /** A copy of the account's, which never changes: the order of the list is in the key. */
    submittedAt: instant('submitted_at').notNull(),
  },
  (table) => [
    // The list of the accounts a user may see, newest first.
    primaryKey({ columns: [table.userName, table.submittedAt, table.accountId] }),
    // Foreign key.
    index('account_parties_account').on(table.accountId),
  ],
);
