/**
 * A template's way from draft to published and out of use. Every change locks the template's row, so of two at the same
 * instant the second one sees what the first one left.
 */
import { and, eq, sql, type InferSelectModel } from 'drizzle-orm';
import type { Template, TemplateState } from '../../contracts/template.ts';
import type { Database, Drizzle } from '../client.ts';
import { accounts } from '../schema/accounts.ts';
import { domains } from '../schema/domains.ts';
import { drafts } from '../schema/drafts.ts';
import { nameReservations } from '../schema/name-reservations.ts';
import { templateVersions } from '../schema/template-versions.ts';
import { templates } from '../schema/templates.ts';
import { findPublishedTemplate, findTemplate, type TemplateRow } from './templates.ts';

/** What a change of a template came to. `wrong-state`: its versions are not in the states that the change needs. */
export type ChangedTemplate =
  | { readonly outcome: 'changed'; readonly row: TemplateRow }
  | { readonly outcome: 'conflict'; readonly revision: number }
  | { readonly outcome: 'missing' | 'wrong-state' | 'domain-missing' };

export type AddedDraft = ChangedTemplate | { readonly outcome: 'draft-exists'; readonly version: number };

/** Which template, and the revision that the caller has seen; absent: whichever it has. */
interface Aim {
  readonly id: string;
  readonly expectedRevision?: number | undefined;
}

interface Making {
  readonly createdBy: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
}

/** Stores a template whose only version is a draft. `domain-missing`: its domain is not registered. */
export async function createTemplate(
  db: Database,
  { id, template, createdBy, createdAt }: Making & { readonly id: string; readonly template: Template },
): Promise<'created' | 'exists' | 'domain-missing'> {
  return db.transaction((transaction) =>
    transaction.query(async (drizzle) => {
      if (!(await isRegistered(drizzle, template))) return 'domain-missing';
      const created = await drizzle
        .insert(templates)
        .values({ id, ...listed(template), newestVersion: 1, revision: 1, createdAt })
        .onConflictDoNothing()
        .returning({ id: templates.id });
      if (created.length === 0) return 'exists';
      const state = 'draft' as const;
      await drizzle
        .insert(templateVersions)
        .values({ templateId: id, version: 1, state, document: template, createdBy, createdAt });
      return 'created';
    }),
  );
}

/** Puts `template` into the place of the draft. */
export async function replaceDraft(
  db: Database,
  { template, ...aim }: Aim & { readonly template: Template },
): Promise<ChangedTemplate> {
  return change(db, aim, async (drizzle, { id, newest }) => {
    if (newest.state !== 'draft') return 'wrong-state';
    if (!(await isRegistered(drizzle, template))) return 'domain-missing';
    await drizzle.update(templateVersions).set({ document: template }).where(isVersion(id, newest.version));
    await drizzle.update(templates).set(listed(template)).where(eq(templates.id, id));
    return newest.version;
  });
}

/** Begins a draft as a copy of the published version, or of the newest one when none is published. */
export async function addDraft(db: Database, { createdBy, createdAt, ...aim }: Aim & Making): Promise<AddedDraft> {
  let existing: number | undefined;
  const changed = await change(db, aim, async (drizzle, { id, newest, published }) => {
    if (newest.state === 'draft') {
      existing = newest.version;
      return 'wrong-state';
    }
    const version = newest.version + 1;
    const { template: document } = published ?? newest;
    await drizzle
      .insert(templateVersions)
      .values({ templateId: id, version, state: 'draft', document, createdBy, createdAt });
    await drizzle
      .update(templates)
      .set({ ...listed(document), newestVersion: version })
      .where(eq(templates.id, id));
    return version;
  });
  return existing === undefined ? changed : { outcome: 'draft-exists', version: existing };
}

/**
 * Makes the newest version the published one: a draft, or what was unpublished. The version that was published before
 * becomes `unpublished`; accounts and requests under it keep it.
 */
export async function publishTemplate(
  db: Database,
  { by, at, ...aim }: Aim & { readonly by: string; readonly at: string },
): Promise<ChangedTemplate> {
  return change(db, aim, async (drizzle, { id, newest, published }) => {
    if (newest.state !== 'draft' && newest.state !== 'unpublished') return 'wrong-state';
    if (published) await setState(drizzle, id, published.version, { state: 'unpublished' });
    await setState(drizzle, id, newest.version, { state: 'published', publishedBy: by, publishedAt: at });
    return newest.version;
  });
}

/** Nothing can be asked for under the published version any more, until it is published again. */
export async function unpublishTemplate(db: Database, aim: Aim): Promise<ChangedTemplate> {
  return change(db, aim, async (drizzle, { id, published }) => {
    if (!published) return 'wrong-state';
    await setState(drizzle, id, published.version, { state: 'unpublished' });
    return published.version;
  });
}

/** Nothing can ever be asked for again under the published version, or under the newest one if that is unpublished. */
export async function disableTemplate(db: Database, aim: Aim): Promise<ChangedTemplate> {
  return change(db, aim, async (drizzle, { id, newest, published }) => {
    const version = published ?? (newest.state === 'unpublished' ? newest : undefined);
    if (!version) return 'wrong-state';
    await setState(drizzle, id, version.version, { state: 'disabled' });
    return version.version;
  });
}

/**
 * Deletes a template with all its versions. `in-use`: an account refers to it, a request that is on its way, or a draft
 * of a request.
 */
export async function deleteTemplate(db: Database, id: string): Promise<'deleted' | 'in-use' | 'missing'> {
  return db.transaction((transaction) =>
    transaction.query(async (drizzle) => {
      const [template] = await lock(drizzle, id);
      if (!template) return 'missing';
      const { rows } = await drizzle.execute<{ used: boolean }>(sql`
        select exists (select from ${accounts} where template_id = ${id}::uuid)
          or exists (select from ${nameReservations} where template_id = ${id}::uuid)
          or exists (select from ${drafts} where template_id = ${id}::uuid) as used`);
      if (rows[0]!.used) return 'in-use';
      await drizzle.delete(templateVersions).where(eq(templateVersions.templateId, id));
      await drizzle.delete(templates).where(eq(templates.id, id));
      return 'deleted';
    }),
  );
}

interface Locked {
  readonly id: string;
  readonly newest: TemplateRow;
  readonly published: TemplateRow | undefined;
}

/** Does `work`, which answers the version it changed, or why it changed nothing. */
async function change(
  db: Database,
  { id, expectedRevision }: Aim,
  work: (drizzle: Drizzle, template: Locked) => Promise<number | 'wrong-state' | 'domain-missing'>,
): Promise<ChangedTemplate> {
  return db.transaction(async (transaction): Promise<ChangedTemplate> => {
    const [present] = await transaction.query((drizzle) => lock(drizzle, id));
    if (!present) return { outcome: 'missing' };
    const { revision } = present;
    if (expectedRevision !== undefined && expectedRevision !== revision) return { outcome: 'conflict', revision };
    const newest = (await findTemplate(transaction, id))!;
    const published = await findPublishedTemplate(transaction, id);
    const changed = await transaction.query((drizzle) => work(drizzle, { id, newest, published }));
    if (typeof changed === 'string') return { outcome: changed };
    await transaction.query((drizzle) =>
      drizzle
        .update(templates)
        .set({ revision: revision + 1 })
        .where(eq(templates.id, id)),
    );
    return { outcome: 'changed', row: (await findTemplate(transaction, id, changed))! };
  });
}

async function lock(drizzle: Drizzle, id: string): Promise<{ revision: number }[]> {
  return drizzle.select({ revision: templates.revision }).from(templates).where(eq(templates.id, id)).for('update');
}

async function setState(
  drizzle: Drizzle,
  id: string,
  version: number,
  changes: { readonly state: TemplateState } & Partial<
    Pick<InferSelectModel<typeof templateVersions>, 'publishedBy' | 'publishedAt'>
  >,
): Promise<void> {
  await drizzle.update(templateVersions).set(changes).where(isVersion(id, version));
}

const isVersion = (id: string, version: number) =>
  and(eq(templateVersions.templateId, id), eq(templateVersions.version, version));

const listed = ({ name, directory: { domain } }: Template) => ({ name, domain });

/** Domains are never removed, so one that is there stays there; asking first keeps the transaction usable. */
async function isRegistered(drizzle: Drizzle, { directory: { domain } }: Template): Promise<boolean> {
  const known = await drizzle.select({ fqdn: domains.fqdn }).from(domains).where(eq(domains.fqdn, domain));
  return known.length > 0;
}
