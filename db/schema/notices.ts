import { bigint, index, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { NOTICE_KINDS, type Notice } from '../../contracts/notices.ts';
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
    accountId: uuid('account_id').notNull(),
    kind: text({ enum: NOTICE_KINDS }).notNull(),
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
    unique('notices_once').on(table.accountId, table.kind, table.dueAt, table.address),
    // The list of one kind, newest first.
    index('notices_by_kind').on(table.kind, table.id),
  ],
);
