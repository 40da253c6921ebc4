/** What the members of a written secret must be, and the refusals of those that are not (docs.delinea.com, Secret Server REST API). */
import type { Arguments } from './arguments.ts';
import { DEFAULT_REQUIREMENT, meets } from './passwords.ts';
import { mayInFolder, sameName } from './permissions.ts';
import { accessDenied, coded, invalid, uncoded } from './refusals.ts';
import type { Folder, Item, Secret, Template, TemplateField, User, World } from './types.ts';

/** The sources name no limit for names; this one is ours. */
const MAXIMUM_NAME_LENGTH = 250;
export const ROOT = -1;

export function checkedName(body: Arguments, member = 'name'): string {
  const name = body.text(member)?.trim() ?? '';
  if (name === '') throw invalid('name', 'The name is required.');
  if (name.length > MAXIMUM_NAME_LENGTH) throw invalid('name', `At most ${MAXIMUM_NAME_LENGTH} characters.`);
  return name;
}

export function activeTemplate(world: World, id: number | undefined): Template {
  if (id === undefined) throw invalid('secretTemplateId', 'The template is required.');
  const template = world.templates.get(id);
  if (!template?.active) throw accessDenied();
  return template;
}

export function sameFolder(secret: Secret, folderId: number | undefined): boolean {
  return folderId === undefined || folderId === secret.folderId || (folderId <= 0 && secret.folderId <= 0);
}

/** The folder of a new or moved secret; undefined at the root, where that is allowed. */
export function checkedFolder(
  world: World,
  user: User,
  id: number | undefined,
  template: Template,
): Folder | undefined {
  if (id === undefined || id <= 0) {
    if (world.settings.folderRequired) throw coded('API_FolderIdRequired', 'A folder is required.');
    return undefined;
  }
  const folder = world.folders.get(id);
  if (!folder || !mayInFolder(world, user, folder, 'Add Secret')) throw accessDenied();
  const allowed = folder.allowedTemplateIds;
  if (allowed.length > 0 && !allowed.includes(template.id)) {
    throw uncoded('The folder does not allow secrets of this template.');
  }
  return folder;
}

export function checkedSite(world: World, id: number | undefined): number {
  const site = world.sites.find(({ siteId }) => siteId === id);
  if (id === undefined || id < 1 || !site?.active) throw invalid('siteId', 'An active site is required.');
  return id;
}

/** Names repeat unless the folder, or the settings, refuse it. No source has the code of that refusal. */
export function refuseDuplicate(world: World, name: string, folder: Folder | undefined, exceptId?: number): void {
  if (folder?.duplicateNamesAllowed ?? world.settings.duplicateNamesAllowed) return;
  const folderId = folder?.id ?? ROOT;
  const taken = [...world.secrets.values()].some((secret) => {
    return secret.active && secret.id !== exceptId && secret.folderId === folderId && sameName(secret.name, name);
  });
  if (taken) throw uncoded('A secret of this name is already in the folder.');
}

interface GivenItem {
  readonly value: string;
  readonly filename: string | undefined;
}

/** The items of a body by the id of their field. An item names its field by id, by slug, or by both alike. */
export function readItems(world: World, template: Template, body: Arguments, files: boolean): Map<number, GivenItem> {
  const items = body.objects('items');
  if (!items) throw invalid('items', 'The items are required.');
  const given = new Map<number, GivenItem>();
  for (const item of items) {
    const field = fieldOfItem(template, item);
    if (given.has(field.id)) throw invalid('items', 'A field is given twice.');
    const value = item.text('itemValue') ?? '';
    if (field.isFile && value !== '') throw invalid('items', 'A file is not set by its value.');
    if (!files || !field.isFile) refuseLong(world, field, value);
    given.set(field.id, { value, filename: item.text('filename') || undefined });
  }
  return given;
}

function fieldOfItem(template: Template, item: Arguments): TemplateField {
  const id = item.integer('fieldId');
  const slug = item.text('slug') || undefined;
  const field = template.fields.find((each) => (id ? each.id === id : slug !== undefined && sameName(each.slug, slug)));
  if (!field || (slug !== undefined && !sameName(field.slug, slug)))
    throw invalid('items', 'The template has no such field.');
  return field;
}

export function refuseLong(world: World, field: TemplateField, value: string): void {
  if (value.length <= world.settings.maximumItemLength) return;
  throw coded('API_InvalidSecretItemValueLength', `The value of ${field.name} is too long.`);
}

export function refuseEdit(field: TemplateField, before: string, after: string, isOwner: boolean): void {
  if (before === after || field.editRequires === 'Edit' || (field.editRequires === 'Owner' && isOwner)) return;
  throw accessDenied();
}

/** As seen: the refusal does not say which field it means. */
export function refuseIncomplete(template: Template, isFilled: (field: TemplateField) => boolean): void {
  if (template.fields.some((field) => field.isRequired && !isFilled(field))) {
    throw coded('API_RequiredFieldMissing', 'Secret field is required');
  }
}

export function refuseWeak(template: Template, items: readonly Pick<Item, 'fieldId' | 'value'>[]): void {
  for (const field of template.fields) {
    const value = items.find(({ fieldId }) => fieldId === field.id)?.value ?? '';
    if (!field.isPassword || value === '' || meets(field.requirement ?? DEFAULT_REQUIREMENT, value)) continue;
    throw invalid(field.slug, 'The password does not meet the requirement.');
  }
}

/** The field of a slug (in any case), or a refusal. */
export function fieldOf(template: Template, slug: string): TemplateField {
  const field = template.fields.find((each) => sameName(each.slug, slug));
  if (!field) throw accessDenied();
  return field;
}
