import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

const DEFAULT_BRAKE_PER_HOUR = 200;

/** The AD domains that accounts may be asked for in; whether an engine serves one is asked of Temporal, not stored. */
export const domains = pgTable('domains', {
  fqdn: text().primaryKey(),
  createdAt: instant('created_at').notNull(),
  /** Counts the changes that people make of the settings. */
  version: integer().notNull().default(1),
  /** How many destructive steps may begin within an hour before the brake engages. */
  brakePerHour: integer('brake_per_hour').notNull().default(DEFAULT_BRAKE_PER_HOUR),
  /** Since when the brake holds everything destructive; null while it does not. */
  brakeEngagedAt: instant('brake_engaged_at'),
  /** When an administrator released it last: what was before is not counted any more. */
  brakeReleasedAt: instant('brake_released_at'),
  brakeReleasedBy: text('brake_released_by'),
});
