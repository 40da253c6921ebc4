/** Which names are taken, for those who only ask. Taking one is in `project-account.ts`. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { nameReservations } from '../schema/name-reservations.ts';

/** Whether an account or an open request of the domain has the name, in whatever case. */
export async function isNameReserved(
  db: Database,
  { domain, samAccountName }: { readonly domain: string; readonly samAccountName: string },
): Promise<boolean> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select({ accountId: nameReservations.accountId })
      .from(nameReservations)
      .where(
        and(
          eq(nameReservations.domain, domain),
          eq(sql`lower(${nameReservations.samAccountName})`, samAccountName.toLowerCase()),
          isNull(nameReservations.releasedAt),
        ),
      ),
  );
  return rows.length > 0;
}

/** Whether the account has taken a name, in whatever domain; one that was given back counts too. */
export async function hasTakenName(db: Database, accountId: string): Promise<boolean> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select({ accountId: nameReservations.accountId })
      .from(nameReservations)
      .where(eq(nameReservations.accountId, accountId)),
  );
  return rows.length > 0;
}
