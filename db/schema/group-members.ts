import { index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { groups } from './groups.ts';
import { users } from './users.ts';

/** Who is in which group now. */
export const groupMembers = pgTable(
  'group_members',
  {
    groupName: text('group_name')
      .notNull()
      .references(() => groups.name),
    userName: text('user_name')
      .notNull()
      .references(() => users.name),
  },
  (table) => [
    // The members of one group; also the foreign key to groups.
    primaryKey({ columns: [table.groupName, table.userName] }),
    // The groups of one user, at every request; also the foreign key.
    index('group_members_user').on(table.userName),
  ],
);
