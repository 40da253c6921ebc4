import { bigint, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { TEMPLATE_EVENT_TYPES } from '../../contracts/template.ts';
import { instant } from './instant.ts';

/** What happened to each template, in order, and by whom. Rows are only ever added, and outlive the template. */
export const templateEvents = pgTable(
  'template_events',
  {
    /** In the order of writing. */
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    templateId: uuid('template_id').notNull(),
    version: integer().notNull(),
    type: text({ enum: TEMPLATE_EVENT_TYPES }).notNull(),
    at: instant().notNull(),
    actor: text().notNull(),
  },
  (table) => [
    // The history of one template.
    index('template_events_template').on(table.templateId, table.id),
  ],
);
