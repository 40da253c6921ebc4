/** The single writer of the projection. Only platform activities and the rebuild program call it. */
import { and, eq, getTableColumns, isNull, lt, notInArray, sql } from 'drizzle-orm';
import type { Account, AccountEvent } from '../contracts/account.ts';
import { FINAL_STATES } from '../contracts/lifecycle.ts';
import type { Database, Drizzle } from './client.ts';
import { accountEvents } from './schema/account-events.ts';
import { accountParties } from './schema/account-parties.ts';
import { accounts } from './schema/accounts.ts';
import { nameReservations } from './schema/name-reservations.ts';

export interface NameReservation {
  readonly accountId: string;
  readonly domain: string;
  readonly samAccountName: string;
  /** ISO 8601 in UTC. */
  readonly reservedAt: string;
}

/**
 * Takes a name in a domain, whatever its case. `reserved` also when this account holds it already; `taken` when another
 * account does, or when this one gave it up. Of two calls at the same instant the unique index lets one through.
 */
export async function reserveAccountName(db: Database, reservation: NameReservation): Promise<'reserved' | 'taken'> {
  return db.query(async (drizzle) => {
    const inserted = await drizzle
      .insert(nameReservations)
      .values(reservation)
      .onConflictDoNothing()
      .returning({ accountId: nameReservations.accountId });
    if (inserted.length > 0) return 'reserved';
    const held = await drizzle
      .select({ accountId: nameReservations.accountId })
      .from(nameReservations)
      .where(
        and(
          eq(nameReservations.accountId, reservation.accountId),
          eq(nameReservations.domain, reservation.domain),
          eq(sql`lower(${nameReservations.samAccountName})`, reservation.samAccountName.toLowerCase()),
          isNull(nameReservations.releasedAt),
        ),
      );
    return held.length > 0 ? 'reserved' : 'taken';
  });
}

/** What a transition leaves behind: what happened, and the account after it. */
export interface RecordedTransition {
  readonly account: Account;
  readonly event: AccountEvent;
}

/**
 * Appends the event and brings the account's row up to it, in one transaction. Both are guarded by the sequence number:
 * a repeated or late transition changes nothing. A final state gives the name back.
 */
export async function projectTransition(db: Database, { account, event }: RecordedTransition): Promise<void> {
  await db.transaction((transaction) =>
    transaction.query(async (drizzle) => {
      await bringUpTo(drizzle, account, event.at);
      await drizzle.insert(accountEvents).values(event).onConflictDoNothing();
    }),
  );
}

/**
 * Brings the account's row up to `account` where it is older or not there: in a rebuild, when what led to this state is
 * in no history any more. Its events stay away, and the instant of its state is taken from the period it is in.
 */
export async function restoreAccount(db: Database, account: Account): Promise<void> {
  const stateSince = account.startsAt ?? account.submittedAt;
  await db.transaction((transaction) => transaction.query((drizzle) => bringUpTo(drizzle, account, stateSince)));
}

async function bringUpTo(drizzle: Drizzle, account: Account, at: string): Promise<void> {
  if (!(await upsertAccount(drizzle, account, at))) return;
  await replaceParties(drizzle, account);
  await keepReservation(drizzle, account, at);
}

/** Every column but the key takes the new value; `state_since` only moves when the state does. */
const REPLACED_COLUMNS = {
  ...Object.fromEntries(
    Object.entries(getTableColumns(accounts))
      .filter(([key]) => key !== 'id')
      .map(([key, column]) => [key, sql.raw(`excluded.${column.name}`)]),
  ),
  stateSince: sql`case when ${accounts.state} = excluded.state then ${accounts.stateSince} else excluded.state_since end`,
};

/** Whether the row was written, that is, whether the account's sequence number is newer than the stored one. */
async function upsertAccount(drizzle: Drizzle, account: Account, at: string): Promise<boolean> {
  const written = await drizzle
    .insert(accounts)
    .values({ ...account, stateSince: at })
    .onConflictDoUpdate({
      target: accounts.id,
      set: REPLACED_COLUMNS,
      setWhere: lt(accounts.sequence, sql.raw('excluded.sequence')),
    })
    .returning({ id: accounts.id });
  return written.length > 0;
}

async function replaceParties(drizzle: Drizzle, account: Account): Promise<void> {
  const approvers = account.approval.steps.flatMap((step) => step.approvers);
  const names = [...new Set([account.requester, ...account.owners, ...approvers])];
  await drizzle
    .delete(accountParties)
    .where(and(eq(accountParties.accountId, account.id), notInArray(accountParties.userName, names)));
  await drizzle
    .insert(accountParties)
    .values(names.map((userName) => ({ userName, accountId: account.id, submittedAt: account.submittedAt })))
    .onConflictDoNothing();
}

/** The reservation is there already, except in a rebuild: then the recorded account is the proof that it had the name. */
async function keepReservation(drizzle: Drizzle, account: Account, at: string): Promise<void> {
  const { id: accountId, domain, samAccountName, submittedAt: reservedAt } = account;
  const releasedAt = FINAL_STATES.includes(account.state) ? at : null;
  await drizzle
    .insert(nameReservations)
    .values({ accountId, domain, samAccountName, reservedAt, releasedAt })
    .onConflictDoNothing();
  if (releasedAt === null) return;
  await drizzle
    .update(nameReservations)
    .set({ releasedAt })
    .where(and(eq(nameReservations.accountId, accountId), isNull(nameReservations.releasedAt)));
}
