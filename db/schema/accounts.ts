import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, uuid, type AnyPgColumn } from 'drizzle-orm/pg-core';
import type { Account, Blocked } from '../../contracts/account.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { ACCOUNT_STATES, END_OF_LIFE_ACTIONS } from '../../contracts/lifecycle.ts';
import { instant } from './instant.ts';

/** Of a block: the step waits for an engine of the domain, and for nothing else. */
const WAITS_FOR_ENGINE: readonly ErrorCode[] = ['EngineOffline', 'EngineTimeout'];

/** Whether the account behind the column `blocked` waits for an engine. The text of the index and of its query. */
export const waitsForEngine = (blocked: AnyPgColumn) =>
  sql`${blocked} ->> 'code' in (${sql.raw(WAITS_FOR_ENGINE.map((code) => `'${code}'`).join(', '))})`;

/** Since when it is blocked. Instants are text of one length in UTC: their order is that of time. */
export const blockedSince = (blocked: AnyPgColumn) => sql<string>`(${blocked} ->> 'since')`;

/**
 * The projection of the account workflows: one row per account, as of its newest recorded transition. No foreign keys to
 * the configuration: the projection can be rebuilt from the workflows alone, into an empty database too.
 */
export const accounts = pgTable(
  'accounts',
  {
    id: uuid().primaryKey(),
    domain: text().notNull(),
    samAccountName: text('sam_account_name').notNull(),
    state: text({ enum: ACCOUNT_STATES }).notNull(),
    sequence: integer().notNull(),
    blocked: jsonb().$type<Blocked>(),
    requester: text().notNull(),
    owners: text().array().notNull(),
    ownerGroups: text('owner_groups').array().notNull(),
    ownerMissingSince: instant('owner_missing_since'),
    justification: text().notNull(),
    description: text(),
    attributes: jsonb().$type<Account['attributes']>().notNull(),
    templateId: uuid('template_id').notNull(),
    templateVersion: integer('template_version').notNull(),
    approval: jsonb().$type<Account['approval']>().notNull(),
    endOfLife: text('end_of_life', { enum: END_OF_LIFE_ACTIONS }).notNull(),
    interval: text().notNull(),
    submittedAt: instant('submitted_at').notNull(),
    startsAt: instant('starts_at'),
    renewalOpensAt: instant('renewal_opens_at'),
    endsAt: instant('ends_at'),
    ended: boolean().notNull(),
    renewal: jsonb().$type<NonNullable<Account['renewal']>>(),
    retirement: jsonb().$type<NonNullable<Account['retirement']>>(),
    organizationalUnit: text('organizational_unit').notNull(),
    vaultFolder: text('vault_folder').notNull(),
    objectGuid: text('object_guid'),
    objectSid: text('object_sid'),
    distinguishedName: text('distinguished_name'),
    secret: jsonb().$type<NonNullable<Account['secret']>>(),
  },
  (table) => [
    // An administrator's list of all accounts, newest first; with a part of a name it is walked too.
    index('accounts_newest').on(table.submittedAt, table.id),
    // The same, in one state ("what waits for approval", "what has expired").
    index('accounts_by_state').on(table.state, table.submittedAt, table.id),
    // The same, in one domain.
    index('accounts_by_domain').on(table.domain, table.submittedAt, table.id),
    // The same, under one template: whether it may be deleted, and what a migration would move.
    index('accounts_by_template').on(table.templateId, table.submittedAt, table.id),
    // The list of blocked accounts, and their number by code on every scrape of the metrics.
    index('accounts_blocked')
      .on(table.submittedAt, table.id)
      .where(sql`${table.blocked} is not null`),
    // The age of the oldest queued step per domain, on every scrape of the metrics.
    index('accounts_queued').on(table.domain, blockedSince(table.blocked)).where(waitsForEngine(table.blocked)),
    // Search by a part of the name.
    index('accounts_name_trigrams').using('gin', sql`lower(${table.samAccountName}) gin_trgm_ops`),
  ],
);
