/** The AD domains in which accounts may be asked for. */
import { asc, eq, gt } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { domains } from '../schema/domains.ts';
import { pageOf, type Page } from './page.ts';

export interface DomainRow {
  readonly fqdn: string;
  readonly createdAt: string;
}

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
