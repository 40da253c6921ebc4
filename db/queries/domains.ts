/** The AD domains in which accounts may be asked for, and the brake on what is destroyed in each. */
import { and, asc, count, eq, gt, not, sql, type InferSelectModel } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { destructiveSteps } from '../schema/destructive-steps.ts';
import { domains } from '../schema/domains.ts';
import { pageOf, type Page } from './page.ts';

export type DomainRow = InferSelectModel<typeof domains>;

export type ChangedBrake =
  | { readonly outcome: 'changed'; readonly row: DomainRow }
  | { readonly outcome: 'conflict'; readonly version: number }
  | { readonly outcome: 'missing' };

/** `fqdn` in lower case. */
export async function createDomain(db: Database, fqdn: string, createdAt: string): Promise<'created' | 'exists'> {
  const created = await db.query((drizzle) =>
    drizzle.insert(domains).values({ fqdn, createdAt }).onConflictDoNothing().returning({ fqdn: domains.fqdn }),
  );
  return created.length > 0 ? 'created' : 'exists';
}

/** A page in the order of names. */
export async function listDomains(
  db: Database,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<DomainRow, string>> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select()
      .from(domains)
      .where(after === undefined ? undefined : gt(domains.fqdn, after))
      .orderBy(asc(domains.fqdn))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, (domain) => domain.fqdn);
}

export async function findDomain(db: Database, fqdn: string): Promise<DomainRow | undefined> {
  const rows = await db.query((drizzle) => drizzle.select().from(domains).where(eq(domains.fqdn, fqdn)));
  return rows[0];
}

/** Sets how many destructive steps the brake lets through within an hour, if nobody changed it since `expectedVersion`. */
export async function setBrake(
  db: Database,
  {
    fqdn,
    brakePerHour,
    expectedVersion,
  }: { readonly fqdn: string; readonly brakePerHour: number; readonly expectedVersion: number },
): Promise<ChangedBrake> {
  const changed = await db.query((drizzle) =>
    drizzle
      .update(domains)
      .set({ brakePerHour, version: expectedVersion + 1 })
      .where(and(eq(domains.fqdn, fqdn), eq(domains.version, expectedVersion)))
      .returning(),
  );
  if (changed[0]) return { outcome: 'changed', row: changed[0] };
  const present = await findDomain(db, fqdn);
  return present ? { outcome: 'conflict', version: present.version } : { outcome: 'missing' };
}

/**
 * Lets destructive steps through again and begins a new count. A brake that is not engaged stays so, with the count begun
 * anew. `undefined` when there is no such domain.
 */
export async function releaseBrake(
  db: Database,
  { fqdn, by, at }: { readonly fqdn: string; readonly by: string; readonly at: string },
): Promise<DomainRow | undefined> {
  const released = await db.query((drizzle) =>
    drizzle
      .update(domains)
      .set({ brakeEngagedAt: null, brakeReleasedAt: at, brakeReleasedBy: by, version: sql`${domains.version} + 1` })
      .where(eq(domains.fqdn, fqdn))
      .returning(),
  );
  return released[0];
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * How many destructive steps the brake counts in the domain at `now`: of the last hour, and since it was released; without
 * `but`, which is being asked for.
 */
export async function destructiveStepsInHour(
  db: Database,
  { fqdn, brakeReleasedAt }: Pick<DomainRow, 'fqdn' | 'brakeReleasedAt'>,
  now: string,
  but?: Pick<InferSelectModel<typeof destructiveSteps>, 'accountId' | 'step' | 'occasion'>,
): Promise<number> {
  const hourAgo = new Date(Date.parse(now) - HOUR_MS).toISOString();
  const since = brakeReleasedAt !== null && brakeReleasedAt > hourAgo ? brakeReleasedAt : hourAgo;
  const { accountId, step, occasion, domain, at } = destructiveSteps;
  const isIt = but && and(eq(accountId, but.accountId), eq(step, but.step), eq(occasion, but.occasion));
  const rows = await db.query((drizzle) =>
    drizzle
      .select({ steps: count() })
      .from(destructiveSteps)
      .where(and(eq(domain, fqdn), gt(at, since), isIt && not(isIt))),
  );
  return rows[0]!.steps;
}
