/** Which templates a caller may know of: the same rule wherever one is read, named or asked under. */
import type { User } from '../contracts/permissions.ts';
import type { Template } from '../contracts/template.ts';
import type { Database } from '../db/client.ts';
import { listAccounts } from '../db/queries/accounts.ts';
import { findLastPublished, findTemplate, type TemplateRow } from '../db/queries/templates.ts';

/** Whether the template lets this user ask for accounts. */
export function isAvailableTo({ name, groups }: Pick<User, 'name' | 'groups'>, { availableTo }: Template): boolean {
  return (
    availableTo === null ||
    availableTo.users.includes(name) ||
    groups.some((group) => availableTo.groups.includes(group))
  );
}

/**
 * Whether `caller` may know of a template: administrators of each, others when what was last published of it is available
 * to them, also once it is out of use. That they have a part in an account under it is another matter: {@link hasPartUnder}.
 */
export async function mayKnowTemplate(db: Database, caller: User, id: string): Promise<boolean> {
  if (caller.role === 'administrator') return (await findTemplate(db, id)) !== undefined;
  const last = await findLastPublished(db, id);
  return last !== undefined && isAvailableTo(caller, last.template);
}

/**
 * Whether `caller` may read a version: administrators each, others what was published, if both that version and what was
 * last published are available to them (a template that is narrowed is narrowed for its past too), or if they have a part
 * in an account under it.
 */
export async function mayReadVersion(db: Database, caller: User, row: TemplateRow): Promise<boolean> {
  if (caller.role === 'administrator') return true;
  if (row.publishedAt === null) return false;
  const { id, version, template } = row;
  const isOpen = isAvailableTo(caller, template) && (await mayKnowTemplate(db, caller, id));
  return isOpen || hasPartUnder(db, caller, id, version);
}

/** Whether `caller` has a part in an account under the template; with `version`, under that version. */
export async function hasPartUnder(db: Database, caller: User, id: string, version?: number): Promise<boolean> {
  const filter = { visibleTo: caller, templateId: id, templateVersion: version, limit: 1 };
  return (await listAccounts(db, filter)).items.length > 0;
}
