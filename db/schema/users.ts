import { boolean, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
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
    disabled: boolean().notNull().default(false),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    // Authentication of every request.
    uniqueIndex('users_token_hash').on(table.tokenHash),
  ],
);
