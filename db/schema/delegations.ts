import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { users } from './users.ts';

/** Who is away when, and who stands in for them. Rows are only ever ended. */
export const delegations = pgTable(
  'delegations',
  {
    id: uuid().primaryKey(),
    /** Who is away. */
    delegator: text()
      .notNull()
      .references(() => users.name),
    /** Who stands in. */
    delegate: text()
      .notNull()
      .references(() => users.name),
    startsAt: instant('starts_at').notNull(),
    /** The first instant at which it does not count any more. */
    endsAt: instant('ends_at').notNull(),
    /** Set when the delegator ended it early: it has not counted since. */
    endedAt: instant('ended_at'),
  },
  (table) => [
    // One user's own list, newest first, and whether somebody is away; also the foreign key.
    index('delegations_delegator').on(table.delegator, table.startsAt, table.id),
    // Whom a user stands in for, at every request; also the foreign key.
    index('delegations_delegate').on(table.delegate, table.endsAt),
  ],
);
