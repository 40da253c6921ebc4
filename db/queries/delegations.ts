/** Who is away when, and who stands in for them. */
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { InferSelectModel } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { delegations } from '../schema/delegations.ts';
import { users } from '../schema/users.ts';
import { pageOf, type Page } from './page.ts';
import { countsAt } from './people.ts';

export type DelegationRow = InferSelectModel<typeof delegations>;

export interface DelegationCursor {
  readonly startsAt: string;
  readonly id: string;
}

/** `exists`: the id is in use. `delegate-missing`: there is no such user, or they are disabled. */
export async function createDelegation(
  db: Database,
  delegation: Omit<DelegationRow, 'endedAt'>,
): Promise<'created' | 'exists' | 'delegate-missing'> {
  return db.transaction((transaction) =>
    transaction.query(async (drizzle) => {
      const isDelegate = and(eq(users.name, delegation.delegate), eq(users.disabled, false));
      const known = await drizzle.select({ name: users.name }).from(users).where(isDelegate);
      if (known.length === 0) return 'delegate-missing';
      const created = await drizzle
        .insert(delegations)
        .values(delegation)
        .onConflictDoNothing()
        .returning({ id: delegations.id });
      return created.length > 0 ? 'created' : 'exists';
    }),
  );
}

export async function findDelegation(db: Database, id: string): Promise<DelegationRow | undefined> {
  const rows = await db.query((drizzle) => drizzle.select().from(delegations).where(eq(delegations.id, id)));
  return rows[0];
}

/** Ends one of the delegator's own. One that was ended before stays as it was; `undefined` when it is not theirs. */
export async function endDelegation(
  db: Database,
  { id, delegator, endedAt }: { readonly id: string; readonly delegator: string; readonly endedAt: string },
): Promise<DelegationRow | undefined> {
  const isTheirs = and(eq(delegations.id, id), eq(delegations.delegator, delegator));
  return db.query(async (drizzle) => {
    await drizzle
      .update(delegations)
      .set({ endedAt })
      .where(and(isTheirs, isNull(delegations.endedAt)));
    const rows = await drizzle.select().from(delegations).where(isTheirs);
    return rows[0];
  });
}

/** A page of one delegator's, those that start last first. */
export async function listDelegations(
  db: Database,
  {
    delegator,
    after,
    limit,
  }: { readonly delegator: string; readonly after?: DelegationCursor | undefined; readonly limit: number },
): Promise<Page<DelegationRow, DelegationCursor>> {
  const behind =
    after && sql`(${delegations.startsAt}, ${delegations.id}) < (${after.startsAt}::timestamptz, ${after.id}::uuid)`;
  const rows = await db.query((drizzle) =>
    drizzle
      .select()
      .from(delegations)
      .where(and(eq(delegations.delegator, delegator), behind))
      .orderBy(desc(delegations.startsAt), desc(delegations.id))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, ({ startsAt, id }) => ({ startsAt, id }));
}

/** Those who are away at `now` (ISO 8601 UTC) and have this user as their delegate, in the order of their names. */
export async function delegatorsOf(db: Database, delegate: string, now: string): Promise<string[]> {
  const rows = await db.query((drizzle) =>
    drizzle
      .selectDistinct({ name: delegations.delegator })
      .from(delegations)
      .where(and(eq(delegations.delegate, delegate), countsAt(sql`${delegations}`, now)))
      .orderBy(delegations.delegator),
  );
  return rows.map(({ name }) => name);
}
