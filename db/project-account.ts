/** The single writer of the projection. Only platform activities and the rebuild program call it. */
import { and, eq, getTableColumns, isNull, lt, notInArray, sql } from 'drizzle-orm';
import type { Account, AccountEvent } from '../contracts/account.ts';
import { FINAL_STATES, isRoundOpen } from '../contracts/lifecycle.ts';
import type { Notice } from '../contracts/notices.ts';
import { askedFrom, askerOf, type Approval, type People } from '../contracts/approval.ts';
import { everybodyAsked, openSeats } from '../contracts/standing.ts';
import type { Database, Drizzle } from './client.ts';
import { fillOutbox } from './fill-outbox.ts';
import { findDeciders } from './queries/people.ts';
import { accountEvents } from './schema/account-events.ts';
import { accountParties, partyOf } from './schema/account-parties.ts';
import { accounts } from './schema/accounts.ts';
import { nameReservations } from './schema/name-reservations.ts';

export interface NameReservation {
  readonly accountId: string;
  readonly domain: string;
  readonly samAccountName: string;
  readonly templateId: string;
  /** ISO 8601 in UTC. */
  readonly reservedAt: string;
}

/**
 * Takes a name in a domain, whatever its case. `reserved` also when this account holds it already; `taken` when another
 * account does, or when this one gave it up. Of two calls at the same instant the unique index lets one through.
 */
export async function reserveAccountName(db: Database, reservation: NameReservation): Promise<'reserved' | 'taken'> {
  const inserted = await db.query((drizzle) =>
    drizzle
      .insert(nameReservations)
      .values(reservation)
      .onConflictDoNothing()
      .returning({ accountId: nameReservations.accountId }),
  );
  return inserted.length > 0 || (await holdsName(db, reservation)) ? 'reserved' : 'taken';
}

/** Whether the account has taken that name and not given it back. */
export async function holdsName(
  db: Database,
  { accountId, domain, samAccountName }: Pick<NameReservation, 'accountId' | 'domain' | 'samAccountName'>,
): Promise<boolean> {
  const isHeld = and(
    eq(nameReservations.accountId, accountId),
    eq(nameReservations.domain, domain),
    eq(sql`lower(${nameReservations.samAccountName})`, samAccountName.toLowerCase()),
    isNull(nameReservations.releasedAt),
  );
  const held = await db.query((drizzle) =>
    drizzle.select({ accountId: nameReservations.accountId }).from(nameReservations).where(isHeld),
  );
  return held.length > 0;
}

/** What a decision leaves behind: what happened, the account after it, and who is to be told. */
export interface RecordedTransition {
  readonly account: Account;
  /** In order, without a gap; the last one led to `account`. */
  readonly events: readonly AccountEvent[];
  readonly notices?: readonly Notice[];
}

/** The people who can decide on the open step, as {@link openSeats} counts them; null when no step is open. */
export interface ProjectedTransition {
  readonly ableToDecide: string[] | null;
  /** The first step after the open one that too few could decide as things are; absent: none. */
  readonly deadStep?: number;
}

/**
 * Appends the events, brings the account's row up to them and fills the outbox, in one transaction. The first two are
 * guarded by the sequence number: a repeated or late transition changes nothing. A final state gives the name back. Who is
 * told, and who can decide, is found out at `now`, however old the transition is.
 */
export async function projectTransition(
  db: Database,
  { account, events, notices = [] }: RecordedTransition,
  now: string,
): Promise<ProjectedTransition> {
  return db.transaction(async (transaction) => {
    await transaction.query(async (drizzle) => {
      await bringUpTo(drizzle, account, events.at(-1)!.at);
      await drizzle
        .insert(accountEvents)
        .values([...events])
        .onConflictDoNothing();
    });
    await fillOutbox(transaction, account, notices, account.sequence, now);
    return weighOpenRound(transaction, account, now);
  });
}

async function weighOpenRound(db: Database, account: Account, now: string): Promise<ProjectedTransition> {
  const { approval } = account;
  if (!isRoundOpen(account)) return { ableToDecide: null };
  return weighSteps(db, approval, askerOf(account), askedFrom(approval), now);
}

/** Who can decide on the open step, and which step after it is dead; `asked` says who is asked on each. */
export async function weighSteps(
  db: Database,
  { openStep, votes }: Pick<Approval, 'openStep' | 'votes'>,
  asker: string,
  asked: ReturnType<typeof askedFrom>,
  now: string,
): Promise<ProjectedTransition & { readonly ableToDecide: string[] }> {
  const seatsOf = async (people: People, step: number) =>
    openSeats({ openStep: step, votes }, asker, await findDeciders(db, people, now));
  const [open = { users: [], groups: [] }, ...later] = asked;
  const ableToDecide = await seatsOf(open, openStep);
  for (const [index, { quorum, ...people }] of later.entries()) {
    const deadStep = openStep + 1 + index;
    if ((await seatsOf(people, deadStep)).length < quorum) return { ableToDecide, deadStep };
  }
  return { ableToDecide };
}

/**
 * Brings the account's row up to `account` where it is older or not there: in a rebuild, when what led to this state is
 * in no history any more. Its events stay away, and when a name was given back is taken from the last period.
 */
export async function restoreAccount(db: Database, account: Account): Promise<void> {
  const at = account.startsAt ?? account.submittedAt;
  await db.transaction((transaction) => transaction.query((drizzle) => bringUpTo(drizzle, account, at)));
}

async function bringUpTo(drizzle: Drizzle, account: Account, at: string): Promise<void> {
  if (!(await upsertAccount(drizzle, account))) return;
  await replaceParties(drizzle, account);
  await keepReservation(drizzle, account, at);
}

/** Every column but the key takes the new value. */
const REPLACED_COLUMNS = Object.fromEntries(
  Object.entries(getTableColumns(accounts))
    .filter(([key]) => key !== 'id')
    .map(([key, column]) => [key, sql.raw(`excluded.${column.name}`)]),
);

/** Whether the row was written, that is, whether the account's sequence number is newer than the stored one. */
async function upsertAccount(drizzle: Drizzle, account: Account): Promise<boolean> {
  const written = await drizzle
    .insert(accounts)
    .values(account)
    .onConflictDoUpdate({
      target: accounts.id,
      set: REPLACED_COLUMNS,
      setWhere: lt(accounts.sequence, sql.raw('excluded.sequence')),
    })
    .returning({ id: accounts.id });
  return written.length > 0;
}

async function replaceParties(drizzle: Drizzle, account: Account): Promise<void> {
  const { id: accountId, submittedAt, requester, owners, ownerGroups, approval } = account;
  const asked = everybodyAsked(approval);
  const all = [
    ...[requester, ...owners].map((name) => partyOf('user', name)),
    ...ownerGroups.map((name) => partyOf('group', name)),
    ...asked.users.map((name) => partyOf('approver', name)),
    ...asked.groups.map((name) => partyOf('approver-group', name)),
  ];
  const parties = [...new Set(all)];
  const left = drizzle.$with('left_over').as(
    drizzle
      .delete(accountParties)
      .where(and(eq(accountParties.accountId, accountId), notInArray(accountParties.party, parties)))
      .returning({ party: accountParties.party }),
  );
  await drizzle
    .with(left)
    .insert(accountParties)
    .values(parties.map((party) => ({ party, accountId, submittedAt })))
    .onConflictDoNothing();
}

/**
 * The reservation is there already, except after a loss of the tables: then the recorded account is the proof that it had
 * the name. It may be any of its transitions that is recorded first, since people go on while a rebuild is under way.
 */
async function keepReservation(drizzle: Drizzle, account: Account, at: string): Promise<void> {
  const { id: accountId, domain, samAccountName, templateId, submittedAt: reservedAt } = account;
  const releasedAt = FINAL_STATES.includes(account.state) ? at : null;
  await drizzle
    .insert(nameReservations)
    .values({ accountId, domain, samAccountName, templateId, reservedAt, releasedAt })
    .onConflictDoNothing();
  if (releasedAt === null) return;
  await drizzle
    .update(nameReservations)
    .set({ releasedAt })
    .where(and(eq(nameReservations.accountId, accountId), isNull(nameReservations.releasedAt)));
}
