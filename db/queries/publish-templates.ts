/**
 * A template's way from draft to published and out of use. Every change locks the template's row, so of two at the same
 * instant the second one sees what the first one left.
 */
import { and, eq, sql, type InferSelectModel } from 'drizzle-orm';
import type { Template, TemplateEventType, TemplateState } from '../../contracts/template.ts';
import type { Database, Drizzle } from '../client.ts';
import { tellOfDraft, type TemplateDraft } from '../fill-outbox.ts';
import { accounts } from '../schema/accounts.ts';
import { domains } from '../schema/domains.ts';
import { drafts } from '../schema/drafts.ts';
import { freezes } from '../schema/freezes.ts';
import { migrations } from '../schema/migrations.ts';
import { nameReservations } from '../schema/name-reservations.ts';
import { templateVersions } from '../schema/template-versions.ts';
import { templates } from '../schema/templates.ts';
import { recordTemplateEvent } from './template-events.ts';
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

/** Who changes it, and when, for the record. */
interface Doing {
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** Stores a template whose only version is a draft. `domain-missing`: its domain is not registered. */
export async function createTemplate(
  db: Database,
  { id, template, by, at }: Doing & { readonly id: string; readonly template: Template },
): Promise<'created' | 'exists' | 'domain-missing'> {
  return db.transaction(async (transaction) => {
    const outcome = await transaction.query(async (drizzle) => {
      if (!(await isRegistered(drizzle, template))) return 'domain-missing';
      const created = await drizzle
        .insert(templates)
        .values({ id, ...listed(template), newestVersion: 1, revision: 1, createdAt: at })
        .onConflictDoNothing()
        .returning({ id: templates.id });
      if (created.length === 0) return 'exists';
      await drizzle.insert(templateVersions).values(draftRow(id, 1, template, { by, at }));
      return 'created';
    });
    if (outcome === 'created')
      await recordDraft(transaction, { templateId: id, version: 1, name: template.name, by, at });
    return outcome;
  });
}

/** Puts `template` into the place of the draft. */
export async function replaceDraft(
  db: Database,
  { template, ...aim }: Aim & Doing & { readonly template: Template },
): Promise<ChangedTemplate> {
  return change(db, 'edited', aim, async (drizzle, { id, newest }) => {
    if (newest.state !== 'draft') return 'wrong-state';
    if (!(await isRegistered(drizzle, template))) return 'domain-missing';
    await drizzle.update(templateVersions).set({ document: template }).where(isVersion(id, newest.version));
    await drizzle.update(templates).set(listed(template)).where(eq(templates.id, id));
    return newest.version;
  });
}

/** Begins a draft as a copy of the published version, or of the newest one when none is published. */
export async function addDraft(db: Database, aim: Aim & Doing): Promise<AddedDraft> {
  let existing: number | undefined;
  const changed = await change(db, 'drafted', aim, async (drizzle, { id, newest, published }) => {
    if (newest.state === 'draft') {
      existing = newest.version;
      return 'wrong-state';
    }
    const version = newest.version + 1;
    const { template: document } = published ?? newest;
    await drizzle.insert(templateVersions).values(draftRow(id, version, document, aim));
    await drizzle
      .update(templates)
      .set({ ...listed(document), newestVersion: version })
      .where(eq(templates.id, id));
    return version;
  });
  return existing === undefined ? changed : { outcome: 'draft-exists', version: existing };
}

/**
 * What publishing a version would publish; without one the newest. `wrong-state`: it is neither a draft nor unpublished.
 * `version-unnamed`: it must be named, for nothing is published, and the draft and an unpublished one can both be meant.
 */
export type Publishable =
  | { readonly outcome: 'found'; readonly row: TemplateRow }
  | { readonly outcome: 'missing' | 'wrong-state' | 'version-unnamed' };

export async function findPublishable(db: Database, id: string, version?: number): Promise<Publishable> {
  const row = await findTemplate(db, id, version);
  if (!row) return { outcome: 'missing' };
  if (row.state !== 'draft' && row.state !== 'unpublished') return { outcome: 'wrong-state' };
  if (version === undefined && row.state === 'draft' && (await isUnpublished(db, id))) {
    return { outcome: 'version-unnamed' };
  }
  return { outcome: 'found', row };
}

/** Whether no version is published, but one was until somebody unpublished it. */
async function isUnpublished(db: Database, id: string): Promise<boolean> {
  const states = await db.query((drizzle) =>
    drizzle
      .selectDistinct({ state: templateVersions.state })
      .from(templateVersions)
      .where(eq(templateVersions.templateId, id)),
  );
  const has = (wanted: TemplateState): boolean => states.some(({ state }) => state === wanted);
  return has('unpublished') && !has('published');
}

/**
 * Makes a version the published one, as {@link findPublishable} finds it. The version that was published before becomes
 * `unpublished`; accounts and requests under it keep it.
 */
export async function publishTemplate(
  db: Database,
  aim: Aim & Doing & { readonly version?: number | undefined },
): Promise<ChangedTemplate> {
  const { by, at } = aim;
  return change(db, 'published', aim, async (drizzle, { id, published, transaction }) => {
    const publishable = await findPublishable(transaction, id, aim.version);
    if (publishable.outcome !== 'found') return 'wrong-state';
    const { version } = publishable.row;
    if (published) await setState(drizzle, id, published.version, { state: 'unpublished' });
    await setState(drizzle, id, version, { state: 'published', publishedBy: by, publishedAt: at });
    return version;
  });
}

/** Nothing can be asked for under the published version any more, until it is published again. */
export async function unpublishTemplate(db: Database, aim: Aim & Doing): Promise<ChangedTemplate> {
  return change(db, 'unpublished', aim, async (drizzle, { id, published }) => {
    if (!published) return 'wrong-state';
    await setState(drizzle, id, published.version, { state: 'unpublished' });
    return published.version;
  });
}

/** Nothing can ever be asked for again under the published version, or under the newest one if that is unpublished. */
export async function disableTemplate(db: Database, aim: Aim & Doing): Promise<ChangedTemplate> {
  return change(db, 'disabled', aim, async (drizzle, { id, newest, published }) => {
    const version = published ?? (newest.state === 'unpublished' ? newest : undefined);
    if (!version) return 'wrong-state';
    await setState(drizzle, id, version.version, { state: 'disabled' });
    return version.version;
  });
}

/**
 * Deletes a template with all its versions. `in-use`: an account refers to it, a request that is on its way, a draft of a
 * request, a migration (where that has come to is known to its workflow only, so one that has ended counts too), or a
 * freeze in force. `conflict`: it is at another revision than the caller has seen.
 */
export async function deleteTemplate(
  db: Database,
  { id, expectedRevision, by, at }: Aim & Doing,
): Promise<'deleted' | 'in-use' | 'missing' | 'conflict'> {
  return db.transaction(async (transaction) => {
    const newest = await findTemplate(transaction, id);
    const outcome = await transaction.query(async (drizzle) => {
      const [template] = await lock(drizzle, id);
      if (!template) return 'missing';
      if (expectedRevision !== undefined && expectedRevision !== template.revision) return 'conflict';
      const { rows } = await drizzle.execute<{ used: boolean }>(sql`
        select exists (select from ${accounts} where template_id = ${id}::uuid)
          or exists (select from ${nameReservations} where template_id = ${id}::uuid)
          or exists (select from ${drafts} where template_id = ${id}::uuid)
          or exists (select from ${migrations} where changes #>> '{snapshot,templateId}' = ${id})
          or exists (select from ${freezes} where scope = 'template' and subject = ${id} and thawed_at is null)
          as used`);
      if (rows[0]!.used) return 'in-use';
      await drizzle.delete(templateVersions).where(eq(templateVersions.templateId, id));
      await drizzle.delete(templates).where(eq(templates.id, id));
      return 'deleted';
    });
    const event = { templateId: id, version: newest?.version ?? 0, type: 'deleted', actor: by, at } as const;
    if (outcome === 'deleted') await recordTemplateEvent(transaction, event);
    return outcome;
  });
}

interface Locked {
  readonly transaction: Database;
  readonly id: string;
  readonly newest: TemplateRow;
  readonly published: TemplateRow | undefined;
}

/** Does `work`, which answers the version it changed, or why it changed nothing; a change is put on record. */
async function change(
  db: Database,
  type: TemplateEventType,
  { id, expectedRevision, by, at }: Aim & Doing,
  work: (drizzle: Drizzle, template: Locked) => Promise<number | 'wrong-state' | 'domain-missing'>,
): Promise<ChangedTemplate> {
  return db.transaction(async (transaction): Promise<ChangedTemplate> => {
    const [present] = await transaction.query((drizzle) => lock(drizzle, id));
    if (!present) return { outcome: 'missing' };
    const { revision } = present;
    if (expectedRevision !== undefined && expectedRevision !== revision) return { outcome: 'conflict', revision };
    const newest = (await findTemplate(transaction, id))!;
    const published = await findPublishedTemplate(transaction, id);
    const changed = await transaction.query((drizzle) => work(drizzle, { transaction, id, newest, published }));
    if (typeof changed === 'string') return { outcome: changed };
    await transaction.query((drizzle) =>
      drizzle
        .update(templates)
        .set({ revision: revision + 1 })
        .where(eq(templates.id, id)),
    );
    const row = (await findTemplate(transaction, id, changed))!;
    const { version, template } = row;
    if (type === 'drafted') await recordDraft(transaction, { templateId: id, version, name: template.name, by, at });
    else await recordTemplateEvent(transaction, { templateId: id, version, type, actor: by, at });
    return { outcome: 'changed', row };
  });
}

/** A draft is on record, and the administrators are told that it waits for one of them. */
async function recordDraft(transaction: Database, draft: TemplateDraft): Promise<void> {
  const { templateId, version, by, at } = draft;
  await recordTemplateEvent(transaction, { templateId, version, type: 'drafted', actor: by, at });
  await tellOfDraft(transaction, draft);
}

function draftRow(templateId: string, version: number, document: Template, { by, at }: Doing) {
  return { templateId, version, state: 'draft' as const, document, createdBy: by, createdAt: at };
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
