/** Requests that are being written. Every function asks for the author: nobody else gets at a draft. */
import { and, desc, eq, sql, type InferSelectModel } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { drafts } from '../schema/drafts.ts';
import { pageOf, type Page } from './page.ts';

export type DraftRow = Omit<InferSelectModel<typeof drafts>, 'templateId'>;
type NewDraft = Pick<InferSelectModel<typeof drafts>, 'id' | 'author' | 'request' | 'templateId' | 'createdAt'>;
type Edit = Omit<InferSelectModel<typeof drafts>, 'revision' | 'createdAt'> & { readonly expectedRevision: number };
type OneDraft = Pick<DraftRow, 'id' | 'author'>;

export interface DraftCursor {
  readonly createdAt: string;
  readonly id: string;
}

export type ReplacedDraft =
  | { readonly outcome: 'changed'; readonly revision: number }
  | { readonly outcome: 'conflict'; readonly revision: number }
  | { readonly outcome: 'missing' };

const COLUMNS = {
  id: drafts.id,
  author: drafts.author,
  request: drafts.request,
  revision: drafts.revision,
  createdAt: drafts.createdAt,
  changedAt: drafts.changedAt,
};

const isTheirs = ({ id, author }: OneDraft) => and(eq(drafts.id, id), eq(drafts.author, author));

/** Stores revision 1. `templateId` is the template that `request` names, if it names one. */
export async function createDraft(db: Database, draft: NewDraft): Promise<'created' | 'exists'> {
  const created = await db.query((drizzle) =>
    drizzle
      .insert(drafts)
      .values({ ...draft, revision: 1, changedAt: draft.createdAt })
      .onConflictDoNothing()
      .returning({ id: drafts.id }),
  );
  return created.length > 0 ? 'created' : 'exists';
}

export async function findDraft(db: Database, draft: OneDraft): Promise<DraftRow | undefined> {
  const rows = await db.query((drizzle) => drizzle.select(COLUMNS).from(drafts).where(isTheirs(draft)));
  return rows[0];
}

/** Replaces the revision `expectedRevision`; `conflict` tells which is the present one. */
export async function replaceDraft(
  db: Database,
  { expectedRevision, request, templateId, changedAt, ...draft }: Edit,
): Promise<ReplacedDraft> {
  return db.query(async (drizzle): Promise<ReplacedDraft> => {
    const revision = expectedRevision + 1;
    const changed = await drizzle
      .update(drafts)
      .set({ request, templateId, changedAt, revision })
      .where(and(isTheirs(draft), eq(drafts.revision, expectedRevision)))
      .returning({ revision: drafts.revision });
    if (changed.length > 0) return { outcome: 'changed', revision };
    const [present] = await drizzle.select(COLUMNS).from(drafts).where(isTheirs(draft));
    return present ? { outcome: 'conflict', revision: present.revision } : { outcome: 'missing' };
  });
}

/** The draft as it was; `undefined` when there is none, or none at `expectedRevision` (not given: at any). */
export async function deleteDraft(
  db: Database,
  { expectedRevision, ...draft }: OneDraft & { readonly expectedRevision?: number },
): Promise<DraftRow | undefined> {
  const isAtRevision = expectedRevision === undefined ? undefined : eq(drafts.revision, expectedRevision);
  const rows = await db.query((drizzle) =>
    drizzle
      .delete(drafts)
      .where(and(isTheirs(draft), isAtRevision))
      .returning(COLUMNS),
  );
  return rows[0];
}

/** A page of one author's, the newest first. */
export async function listDrafts(
  db: Database,
  {
    author,
    after,
    limit,
  }: { readonly author: string; readonly after?: DraftCursor | undefined; readonly limit: number },
): Promise<Page<DraftRow, DraftCursor>> {
  const behind =
    after && sql`(${drafts.createdAt}, ${drafts.id}) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`;
  const rows = await db.query((drizzle) =>
    drizzle
      .select(COLUMNS)
      .from(drafts)
      .where(and(eq(drafts.author, author), behind))
      .orderBy(desc(drafts.createdAt), desc(drafts.id))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, ({ createdAt, id }) => ({ createdAt, id }));
}
