/** Templates and their versions. Versions never change; a change is a new version. */
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Template } from '../../contracts/template.ts';
import type { Database } from '../client.ts';
import { domains } from '../schema/domains.ts';
import { templateVersions } from '../schema/template-versions.ts';
import { templates } from '../schema/templates.ts';
import { pageOf, type Page } from './page.ts';

export interface TemplateVersionRow {
  readonly id: string;
  readonly version: number;
  readonly template: Template;
  readonly createdBy: string;
  /** When this version was made, ISO 8601 in UTC. */
  readonly createdAt: string;
}

export interface NewTemplateVersion {
  readonly id: string;
  readonly template: Template;
  readonly createdBy: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
}

export interface TemplateCursor {
  readonly name: string;
  readonly id: string;
}

export type AddedVersion =
  | { readonly outcome: 'added'; readonly version: number }
  | { readonly outcome: 'conflict'; readonly currentVersion: number }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'domain-missing' };

const VERSION_COLUMNS = {
  id: templateVersions.templateId,
  version: templateVersions.version,
  template: templateVersions.document,
  createdBy: templateVersions.createdBy,
  createdAt: templateVersions.createdAt,
};

/** Stores version 1. `domain-missing`: the template's domain is not registered. */
export async function createTemplate(
  db: Database,
  { id, template, createdBy, createdAt }: NewTemplateVersion,
): Promise<'created' | 'exists' | 'domain-missing'> {
  const { domain } = template.directory;
  return db.transaction((transaction) =>
    transaction.query(async (drizzle) => {
      // Domains are never removed, so one that is there stays there; asking first keeps the transaction usable.
      const known = await drizzle.select().from(domains).where(eq(domains.fqdn, domain));
      if (known.length === 0) return 'domain-missing';
      const created = await drizzle
        .insert(templates)
        .values({ id, name: template.name, domain, currentVersion: 1, createdAt })
        .onConflictDoNothing()
        .returning({ id: templates.id });
      if (created.length === 0) return 'exists';
      await drizzle
        .insert(templateVersions)
        .values({ templateId: id, version: 1, document: template, createdBy, createdAt });
      return 'created';
    }),
  );
}

/**
 * Stores the version after `expectedVersion`, if that is still the newest one: `conflict` tells which is. Of two calls
 * at the same instant one gets `added`, the other `conflict`.
 */
export async function addTemplateVersion(
  db: Database,
  { id, expectedVersion, template, createdBy, createdAt }: NewTemplateVersion & { readonly expectedVersion: number },
): Promise<AddedVersion> {
  const { domain } = template.directory;
  return db.transaction((transaction) =>
    transaction.query(async (drizzle): Promise<AddedVersion> => {
      const [current] = await drizzle
        .select({ version: templates.currentVersion })
        .from(templates)
        .where(eq(templates.id, id))
        .for('update');
      if (!current) return { outcome: 'missing' };
      if (current.version !== expectedVersion) return { outcome: 'conflict', currentVersion: current.version };
      const known = await drizzle.select().from(domains).where(eq(domains.fqdn, domain));
      if (known.length === 0) return { outcome: 'domain-missing' };
      const version = expectedVersion + 1;
      await drizzle
        .insert(templateVersions)
        .values({ templateId: id, version, document: template, createdBy, createdAt });
      await drizzle
        .update(templates)
        .set({ name: template.name, domain, currentVersion: version })
        .where(eq(templates.id, id));
      return { outcome: 'added', version };
    }),
  );
}

/** One version of a template, by default the newest one. */
export async function findTemplate(
  db: Database,
  id: string,
  version?: number,
): Promise<TemplateVersionRow | undefined> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select(VERSION_COLUMNS)
      .from(templates)
      .innerJoin(
        templateVersions,
        and(
          eq(templateVersions.templateId, templates.id),
          eq(templateVersions.version, version ?? templates.currentVersion),
        ),
      )
      .where(eq(templates.id, id)),
  );
  return rows[0];
}

/** A page of the newest versions, in the order of names. */
export async function listTemplates(
  db: Database,
  { after, limit }: { readonly after?: TemplateCursor | undefined; readonly limit: number },
): Promise<Page<TemplateVersionRow, TemplateCursor>> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select(VERSION_COLUMNS)
      .from(templates)
      .innerJoin(
        templateVersions,
        and(eq(templateVersions.templateId, templates.id), eq(templateVersions.version, templates.currentVersion)),
      )
      .where(after && sql`(${templates.name}, ${templates.id}) > (${after.name}, ${after.id}::uuid)`)
      .orderBy(asc(templates.name), asc(templates.id))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, (row) => ({ name: row.template.name, id: row.id }));
}
