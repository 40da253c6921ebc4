/** What the API reads of the projection. Nothing here writes: that is `project-account.ts`. */
import { and, asc, count, desc, eq, getTableColumns, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { NodePgPreparedQuery } from 'drizzle-orm/node-postgres';
import type { Account, AccountEvent } from '../../contracts/account.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { AccountState } from '../../contracts/lifecycle.ts';
import type { User } from '../../contracts/permissions.ts';
import type { Database, Drizzle } from '../client.ts';
import { accountEvents } from '../schema/account-events.ts';
import { partyOf } from '../schema/account-parties.ts';
import { accounts, blockedSince, waitsForEngine } from '../schema/accounts.ts';
import { pageOf, type Page } from './page.ts';
import { mergedKeys, paddedParties, partiesOf, partyValues } from './party-keys.ts';
import { createStatementCache } from './statement-cache.ts';

/** Where a page of accounts begins: behind this one. */
export interface AccountCursor {
  readonly submittedAt: string;
  readonly id: string;
}

export interface AccountFilter {
  /** Only accounts that this caller has a part in: as requester, owner or approver, or for somebody. Absent: all of them. */
  readonly visibleTo?: User | undefined;
  /** Only accounts that this user owns by name. */
  readonly owner?: string | undefined;
  readonly state?: AccountState | undefined;
  readonly domain?: string | undefined;
  readonly templateId?: string | undefined;
  readonly templateVersion?: number | undefined;
  /** A part of the name, in any case; every character stands for itself. */
  readonly nameContains?: string | undefined;
  readonly blocked?: boolean | undefined;
  readonly after?: AccountCursor | undefined;
  /** The most accounts on a page. The caller bounds it. */
  readonly limit: number;
}

const COLUMNS = getTableColumns(accounts);

/** Under the contract's names, so that a row as the driver gives it is an account but for its instants. */
const NAMED_COLUMNS = Object.fromEntries(
  Object.entries(COLUMNS).map(([key, column]) => [key, sql`${column}`.as(key)] as const),
);

const INSTANTS = Object.entries(COLUMNS).filter(([, column]) => column.getSQLType().startsWith('timestamp'));

type Row = Record<string, unknown>;

/** Makes the row an account, in place: drizzle's own mapping takes longer than Postgres does for the whole page. */
function toAccount(row: Row): Account {
  for (const [key, column] of INSTANTS) if (row[key] !== null) row[key] = column.mapFromDriverValue(row[key]);
  return row as Account;
}

/** `all` of drizzle's prepared statements answers rows as the driver gives them. The type of `prepare` does not say so. */
type RowsStatement = NodePgPreparedQuery<{ execute: unknown; all: Row[]; values: unknown }>;

const statementOf = createStatementCache<RowsStatement>();

function buildById(drizzle: Drizzle): RowsStatement {
  const byId = eq(accounts.id, sql.placeholder('id'));
  return drizzle.select(NAMED_COLUMNS).from(accounts).where(byId).prepare('') as unknown as RowsStatement;
}

export async function findAccount(db: Database, id: string): Promise<Account | undefined> {
  const rows = await db.query((drizzle) => statementOf(drizzle, 'by-id', () => buildById(drizzle)).all({ id }));
  return rows.map(toAccount)[0];
}

/** Those of `ids` that exist, in no order. The caller bounds their number. */
export async function findAccountsByIds(db: Database, ids: readonly string[]): Promise<Account[]> {
  if (ids.length === 0) return [];
  const byIds = inArray(accounts.id, [...ids]);
  const rows = await db.query((drizzle) =>
    (drizzle.select(NAMED_COLUMNS).from(accounts).where(byIds).prepare('') as unknown as RowsStatement).all(),
  );
  return rows.map(toAccount);
}

/**
 * A page of accounts, the newest first. Read in order from an index, so a deep page costs what the first one does:
 * merged from the ranges of `account_parties` when it is for one caller or owner, else from the index of `accounts` that
 * fits the filter.
 */
export async function listAccounts(db: Database, filter: AccountFilter): Promise<Page<Account, AccountCursor>> {
  const { visibleTo, owner, state, domain, templateId, templateVersion, nameContains, after, limit } = filter;
  const parties = partiesAskedFor(visibleTo, owner);
  const values = {
    ...partyValues(parties),
    owner,
    state,
    domain,
    templateId,
    templateVersion,
    name: nameContains === undefined ? undefined : `%${escapeLike(nameContains.toLowerCase())}%`,
    afterSubmittedAt: after?.submittedAt,
    afterId: after?.id,
    limit: limit + 1,
  };
  const shape = `page ${parties.length} ${shapeOf(filter)}`;
  const rows = await db.query((drizzle) =>
    statementOf(drizzle, shape, () => buildPage(drizzle, filter, parties.length)).all(values),
  );
  return pageOf(rows.map(toAccount), limit, ({ submittedAt, id }) => ({ submittedAt, id }));
}

/** None: the page is not read by parties. */
function partiesAskedFor(visibleTo: User | undefined, owner: string | undefined): string[] {
  if (visibleTo) return paddedParties(partiesOf(visibleTo));
  return owner === undefined ? [] : [partyOf('user', owner)];
}

/** What the text of a filter's statement depends on: which fields are there, and `blocked`, which is no parameter. */
function shapeOf(filter: AccountFilter): string {
  const { owner, state, domain, templateId, templateVersion, nameContains, blocked, after } = filter;
  const fields = [owner, state, domain, templateId, templateVersion, nameContains, after];
  return `${fields.map((field) => field !== undefined).join()} ${blocked}`;
}

function buildPage(drizzle: Drizzle, filter: AccountFilter, parties: number): RowsStatement {
  const limit = sql.placeholder('limit');
  const behind =
    filter.after && sql`(${sql.placeholder('afterSubmittedAt')}::timestamptz, ${sql.placeholder('afterId')}::uuid)`;
  const conditions = conditionsOf(filter).filter((condition) => condition !== undefined);
  const all = drizzle.select(NAMED_COLUMNS).from(accounts).$dynamic();
  if (parties > 0) {
    // Without a condition on the accounts themselves the page is known before any of them is read.
    const keys = mergedKeys(parties, { behind, ...(conditions.length === 0 && { limit }) });
    return all
      .innerJoin(keys, sql`mine.account_id = ${accounts.id}`)
      .where(and(...conditions))
      .orderBy(sql`mine.submitted_at desc, mine.account_id desc`)
      .limit(limit)
      .prepare('') as unknown as RowsStatement;
  }
  return all
    .where(and(...conditions, behind && sql`(${accounts.submittedAt}, ${accounts.id}) < ${behind}`))
    .orderBy(desc(accounts.submittedAt), desc(accounts.id))
    .limit(limit)
    .prepare('') as unknown as RowsStatement;
}

function conditionsOf({ owner, state, domain, templateId, templateVersion, nameContains, blocked }: AccountFilter) {
  return [
    owner === undefined ? undefined : sql`${sql.placeholder('owner')} = any(${accounts.owners})`,
    state === undefined ? undefined : eq(accounts.state, sql.placeholder('state')),
    domain === undefined ? undefined : eq(accounts.domain, sql.placeholder('domain')),
    templateId === undefined ? undefined : eq(accounts.templateId, sql.placeholder('templateId')),
    templateVersion === undefined ? undefined : eq(accounts.templateVersion, sql.placeholder('templateVersion')),
    nameContains === undefined ? undefined : sql`lower(${accounts.samAccountName}) like ${sql.placeholder('name')}`,
    blocked === undefined ? undefined : (blocked ? isNotNull : isNull)(accounts.blocked),
  ];
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/** A page of what happened to an account, the oldest first. `after` and `next` are sequence numbers. */
export async function listAccountEvents(
  db: Database,
  {
    accountId,
    after,
    limit,
  }: { readonly accountId: string; readonly after?: number | undefined; readonly limit: number },
): Promise<Page<AccountEvent, number>> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select()
      .from(accountEvents)
      .where(
        and(
          eq(accountEvents.accountId, accountId),
          after === undefined ? undefined : gt(accountEvents.sequence, after),
        ),
      )
      .orderBy(asc(accountEvents.sequence))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, (event) => event.sequence);
}

/** How many accounts are blocked, by code. Codes without any are absent. */
export async function blockedByCode(db: Database): Promise<{ code: ErrorCode; accounts: number }[]> {
  const code = sql<ErrorCode>`${accounts.blocked} ->> 'code'`;
  return db.query((drizzle) =>
    drizzle.select({ code, accounts: count() }).from(accounts).where(isNotNull(accounts.blocked)).groupBy(code),
  );
}

/** Per domain, since when the account that has waited longest for an engine waits. Domains in which none does are absent. */
export async function oldestQueued(db: Database): Promise<{ domain: string; since: string }[]> {
  const since = sql<string>`min(${blockedSince(accounts.blocked)})`;
  return db.query((drizzle) =>
    drizzle
      .select({ domain: accounts.domain, since })
      .from(accounts)
      .where(waitsForEngine(accounts.blocked))
      .groupBy(accounts.domain),
  );
}
