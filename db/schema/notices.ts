import { bigint, index, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { OUTBOX_KINDS, type Notice } from '../../contracts/notices.ts';
import { instant } from './instant.ts';

/**
 * The outbox: what people are to be told, one row for each address. No foreign key to accounts: it outlives the
 * projection, which can be rebuilt, so that nobody is told anything a second time.
 */
export const notices = pgTable(
  'notices',
  {
    /** In the order of writing. */
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Of the account, the template or the domain that it is about; the other two are null. */
    accountId: uuid('account_id'),
    templateId: uuid('template_id'),
    domain: text(),
    kind: text({ enum: OUTBOX_KINDS }).notNull(),
    /** What tells two of one kind and instant apart: the account's event that brought it, or the approval step. */
    occasion: text().notNull().default(''),
    /** When it was due; the past is possible. */
    dueAt: instant('due_at').notNull(),
    /** The user it is for. Of several who share an address, the first by name. */
    recipient: text().notNull(),
    /** An e-mail address, or `user:<name>` for somebody who has none. */
    address: text().notNull(),
    detail: jsonb().$type<Notice['detail']>().notNull(),
    createdAt: instant('created_at').notNull(),
    sentAt: instant('sent_at'),
  },
  (table) => [
    // The rule itself: each notice once per address, whatever dies in between. Also the list of one account.
    unique('notices_once')
      .on(table.accountId, table.templateId, table.domain, table.kind, table.dueAt, table.occasion, table.address)
      .nullsNotDistinct(),
    // The list of one kind, newest first.
    index('notices_by_kind').on(table.kind, table.id),
    // The list of one template.
    index('notices_by_template').on(table.templateId, table.id),
    // The list of one domain.
    index('notices_by_domain').on(table.domain, table.id),
  ],
);
