import { pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** The AD domains that accounts may be asked for in; whether an engine serves one is asked of Temporal, not stored. */
export const domains = pgTable('domains', {
  fqdn: text().primaryKey(),
  createdAt: instant('created_at').notNull(),
});
