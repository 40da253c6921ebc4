/** What the API reads of the projection. Nothing here writes: that is `project-account.ts`. */
import { and, asc, count, desc, eq, getTableColumns, gt, inArray, isNotNull, isNull, min, sql } from 'drizzle-orm';
import type { Account, AccountEvent } from '../../contracts/account.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { AccountState } from '../../contracts/lifecycle.ts';
import type { Database } from '../client.ts';
import { accountEvents } from '../schema/account-events.ts';
import { accountParties } from '../schema/account-parties.ts';
import { accounts, ENGINE_STATES } from '../schema/accounts.ts';
import { pageOf, type Page } from './page.ts';

/** Where a page of accounts begins: behind this one. */
export interface AccountCursor {
  readonly submittedAt: string;
  readonly id: string;
}

export interface AccountFilter {
  /** Only accounts that this user has a part in: as requester, owner or approver. Absent: all of them. */
  readonly visibleTo?: string | undefined;
  readonly state?: AccountState | undefined;
  readonly domain?: string | undefined;
  /** A part of the name, in any case; every character stands for itself. */
  readonly nameContains?: string | undefined;
  readonly blocked?: boolean | undefined;
  readonly after?: AccountCursor | undefined;
  /** The most accounts on a page. The caller bounds it. */
  readonly limit: number;
}

const { stateSince: _stateSince, ...ACCOUNT_COLUMNS } = getTableColumns(accounts);

/** Where each field of an account is in a row as the driver gives it, and how it is read when not as it is. */
const FIELDS = Object.entries(ACCOUNT_COLUMNS).map(([key, column]) => ({
  key,
  name: column.name,
  decode: column.getSQLType().startsWith('timestamp')
    ? (value: unknown) => (value === null ? null : column.mapFromDriverValue(value))
    : undefined,
}));

/** Rows are mapped here: drizzle's own mapping takes longer than Postgres does for the whole page. */
function toAccount(row: Record<string, unknown>): Account {
  const account: Record<string, unknown> = {};
  for (const { key, name, decode } of FIELDS) account[key] = decode ? decode(row[name]) : row[name];
  return account as Account;
}

export async function findAccount(db: Database, id: string): Promise<Account | undefined> {
  const { rows } = await db.query((drizzle) =>
    drizzle.execute(drizzle.select(ACCOUNT_COLUMNS).from(accounts).where(eq(accounts.id, id))),
  );
  return rows.map(toAccount)[0];
}

/**
 * A page of accounts, the newest first. Read in order from an index, so a deep page costs what the first one does:
 * from `account_parties` when it is one user's page, else from the index of `accounts` that fits the filter.
 */
export async function listAccounts(db: Database, filter: AccountFilter): Promise<Page<Account, AccountCursor>> {
  const { visibleTo, after, limit } = filter;
  const key =
    visibleTo === undefined
      ? { submittedAt: accounts.submittedAt, id: accounts.id }
      : { submittedAt: accountParties.submittedAt, id: accountParties.accountId };
  const { rows } = await db.query((drizzle) => {
    const all = drizzle.select(ACCOUNT_COLUMNS).from(accounts).$dynamic();
    const visible =
      visibleTo === undefined
        ? all
        : all.innerJoin(
            accountParties,
            and(eq(accountParties.accountId, accounts.id), eq(accountParties.userName, visibleTo)),
          );
    const page = visible
      .where(
        and(
          ...conditionsOf(filter),
          after && sql`(${key.submittedAt}, ${key.id}) < (${after.submittedAt}::timestamptz, ${after.id}::uuid)`,
        ),
      )
      .orderBy(desc(key.submittedAt), desc(key.id))
      .limit(limit + 1);
    return drizzle.execute(page);
  });
  return pageOf(rows.map(toAccount), limit, ({ submittedAt, id }) => ({ submittedAt, id }));
}

function conditionsOf({ state, domain, nameContains, blocked }: AccountFilter) {
  return [
    state === undefined ? undefined : eq(accounts.state, state),
    domain === undefined ? undefined : eq(accounts.domain, domain),
    nameContains === undefined
      ? undefined
      : sql`lower(${accounts.samAccountName}) like ${`%${escapeLike(nameContains.toLowerCase())}%`}`,
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

/** Per domain, since when the oldest account waits for an engine's step. Domains in which none waits are absent. */
export async function oldestQueued(db: Database): Promise<{ domain: string; since: string }[]> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select({ domain: accounts.domain, since: min(accounts.stateSince) })
      .from(accounts)
      .where(inArray(accounts.state, [...ENGINE_STATES]))
      .groupBy(accounts.domain),
  );
  return rows.flatMap(({ domain, since }) => (since === null ? [] : [{ domain, since }]));
}
