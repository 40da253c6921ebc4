import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { accounts } from './accounts.ts';
import { instant } from './instant.ts';

/**
 * Who may see which account, derived from the account's row: its requester and owners, the groups that own it, and
 * everybody who is asked in its present round of approval. A table and not an array with a GIN index, because a page of a
 * user's accounts must be read in order: an array index gives all of a user's accounts at once, to be sorted for every
 * page. Members of groups are not here: they are looked up live, and a page is merged from a range for each party.
 */
export const accountParties = pgTable(
  'account_parties',
  {
    /** As {@link partyOf} writes it. */
    party: text().notNull(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => accounts.id),
    /** A copy of the account's, which never changes: the order of the list is in the key. */
    submittedAt: instant('submitted_at').notNull(),
  },
  (table) => [
    // The accounts of one party, newest first.
    primaryKey({ columns: [table.party, table.submittedAt, table.accountId] }),
    // Foreign key.
    index('account_parties_account').on(table.accountId),
  ],
);

/**
 * What somebody is to an account, and whether it is a user or a group. Approvers have parties of their own, because who
 * stands in for somebody sees what that one is asked about, not what they own.
 */
type PartyKind = 'user' | 'group' | 'approver' | 'approver-group';

/** The key of one party: no name of a user or a group makes it the key of another. */
export function partyOf(kind: PartyKind, name: string): string {
  return `${kind}:${name}`;
}
