/** Templates and their versions, as they are read. Making and changing them is in `publish-templates.ts`. */
import { and, asc, desc, eq, or, sql, type SQL } from 'drizzle-orm';
import type { Template, TemplateState } from '../../contracts/template.ts';
import type { Database } from '../client.ts';
import { templateVersions } from '../schema/template-versions.ts';
import { templates } from '../schema/templates.ts';
import { pageOf, type Page } from './page.ts';
import { textArray } from './people.ts';

/** One version of a template. */
export interface TemplateRow {
  readonly id: string;
  readonly version: number;
  readonly state: TemplateState;
  /** Of the template: counts every change of any of its versions. */
  readonly revision: number;
  readonly template: Template;
  readonly createdBy: string;
  /** When this version was made, ISO 8601 in UTC. */
  readonly createdAt: string;
  readonly publishedBy: string | null;
  readonly publishedAt: string | null;
}

export interface TemplateCursor {
  /** What the list is ordered by: the name in the template's newest version. */
  readonly name: string;
  readonly id: string;
}

export interface TemplateFilter {
  /** The newest version of this state of each template that has one; absent: the newest version of all. */
  readonly state?: TemplateState | undefined;
  /** Only published versions that this user may ask under. */
  readonly availableTo?: { readonly name: string; readonly groups: readonly string[] } | undefined;
  readonly after?: TemplateCursor | undefined;
  readonly limit: number;
}

const VERSION_COLUMNS = {
  id: templateVersions.templateId,
  version: templateVersions.version,
  state: templateVersions.state,
  revision: templates.revision,
  template: templateVersions.document,
  createdBy: templateVersions.createdBy,
  createdAt: templateVersions.createdAt,
  publishedBy: templateVersions.publishedBy,
  publishedAt: templateVersions.publishedAt,
};

/** One version of a template, by default the newest one. */
export async function findTemplate(db: Database, id: string, version?: number): Promise<TemplateRow | undefined> {
  return findVersion(db, id, eq(templateVersions.version, version ?? templates.newestVersion));
}

/** The version that requests are made under now. */
export async function findPublishedTemplate(db: Database, id: string): Promise<TemplateRow | undefined> {
  return findVersion(db, id, eq(templateVersions.state, 'published'));
}

/** The version that was published last, whether or not it still is; `undefined` when none ever was. */
export async function findLastPublished(db: Database, id: string): Promise<TemplateRow | undefined> {
  const last = sql`(select v.version from ${templateVersions} v
    where v.template_id = ${templates.id} and v.published_at is not null
    order by v.published_at desc, v.version desc limit 1)`;
  return findVersion(db, id, eq(templateVersions.version, last));
}

/** Keeps the template as it is until the transaction ends: not published, not deleted in the meantime. */
export async function holdTemplate(transaction: Database, id: string): Promise<void> {
  await transaction.query((drizzle) =>
    drizzle.select({ id: templates.id }).from(templates).where(eq(templates.id, id)).for('share'),
  );
}

async function findVersion(db: Database, id: string, which: SQL): Promise<TemplateRow | undefined> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select(VERSION_COLUMNS)
      .from(templates)
      .innerJoin(templateVersions, and(eq(templateVersions.templateId, templates.id), which))
      .where(eq(templates.id, id)),
  );
  return rows[0];
}

/** A page of templates, each in one version, in the order of names. */
export async function listTemplates(
  db: Database,
  { state, availableTo, after, limit }: TemplateFilter,
): Promise<Page<TemplateRow, TemplateCursor>> {
  const wanted = availableTo ? 'published' : state;
  const rows = await db.query((drizzle) =>
    drizzle
      .select({ ...VERSION_COLUMNS, listedAs: templates.name })
      .from(templates)
      .innerJoin(templateVersions, and(eq(templateVersions.templateId, templates.id), versionOf(wanted)))
      .where(
        and(
          availableTo && isAvailableTo(availableTo),
          after && sql`(${templates.name}, ${templates.id}) > (${after.name}, ${after.id}::uuid)`,
        ),
      )
      .orderBy(asc(templates.name), asc(templates.id))
      .limit(limit + 1),
  );
  const { items, ...rest } = pageOf(rows, limit, ({ listedAs: name, id }) => ({ name, id }));
  return { items: items.map(({ listedAs: _listedAs, ...row }) => row), ...rest };
}

function versionOf(state: TemplateState | undefined): SQL {
  if (state === undefined) return eq(templateVersions.version, templates.newestVersion);
  return sql`${templateVersions.version} = (
    select max(v.version) from ${templateVersions} v where v.template_id = ${templates.id} and v.state = ${state})`;
}

function isAvailableTo({ name, groups }: NonNullable<TemplateFilter['availableTo']>): SQL | undefined {
  const availableTo = sql`${templateVersions.document} -> 'availableTo'`;
  return or(
    sql`jsonb_typeof(${availableTo}) = 'null'`,
    sql`${availableTo} -> 'users' ? ${name}`,
    sql`${availableTo} -> 'groups' ?| ${textArray(groups)}`,
  );
}

/** The published versions that name the group: as approver, in an escalation, as fallback owner or among who may ask. */
export async function templatesUsingGroup(
  db: Database,
  group: string,
): Promise<{ readonly id: string; readonly version: number; readonly name: string }[]> {
  const naming = [
    { approval: { steps: [{ approvers: { groups: [group] } }] } },
    { approval: { steps: [{ escalation: { groups: [group] } }] } },
    { ownership: { fallbackGroup: group } },
    { availableTo: { groups: [group] } },
  ].map((part) => JSON.stringify(part));
  const namesIt = sql`${templateVersions.document} @> any(${sql.param(naming)}::jsonb[])`;
  const name = sql<string>`${templateVersions.document} ->> 'name'`;
  return db.query((drizzle) =>
    drizzle
      .select({ id: templateVersions.templateId, version: templateVersions.version, name })
      .from(templateVersions)
      .where(and(eq(templateVersions.state, 'published'), namesIt))
      .orderBy(asc(name), desc(templateVersions.templateId)),
  );
}
