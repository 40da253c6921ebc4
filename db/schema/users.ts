import { sql } from 'drizzle-orm';
import { boolean, check, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { ROLES } from '../../contracts/permissions.ts';
import { instant } from './instant.ts';

/** Callers of the API. The name is the user's id everywhere: requester, owner, approver, actor. */
export const users = pgTable(
  'users',
  {
    name: text().primaryKey(),
    role: text({ enum: ROLES }).notNull(),
    /** SHA-256 of the API token; the token itself is stored nowhere. */
    tokenHash: text('token_hash').notNull(),
    /** All of them are written to. */
    emails: text().array().notNull().default([]),
    /** The user's own account in an AD domain, when they have one: their manager is found by it. */
    directoryDomain: text('directory_domain'),
    directorySamAccountName: text('directory_sam_account_name'),
    disabled: boolean().notNull().default(false),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    // Authentication of every request.
    uniqueIndex('users_token_hash').on(table.tokenHash),
    // Whose account in the directory it is: that of one user, in whatever case.
    uniqueIndex('users_directory_account').on(table.directoryDomain, sql`lower(${table.directorySamAccountName})`),
    // The administrators, whom some notices go to.
    index('users_by_role').on(table.role),
    check(
      'users_directory_account_whole',
      sql`(${table.directoryDomain} is null) = (${table.directorySamAccountName} is null)`,
    ),
  ],
);
