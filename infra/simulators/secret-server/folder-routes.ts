/** Folders (docs.delinea.com, Secret Server REST API). */
import { Router } from 'express';
import type { Arguments } from './arguments.ts';
import { pageOf } from './paging.ts';
import { folderAt, folderPath, mayInFolder, sameName, stepsOf, withDescendants } from './permissions.ts';
import { accessDenied, invalid, uncoded } from './refusals.ts';
import { answers, since, type Call } from './routing.ts';
import { FOLDER_ROLES, type Folder, type FolderRole, type User, type World } from './types.ts';
import { isAtLeast } from './versions.ts';

const ROOT = -1;
/** Characters that would break a path; the sources do not list them, so the separators only. */
const NOT_IN_NAMES = /[\\/]/;

export function folderRoutes(world: World): Router {
  const router = Router();
  router.get(
    '/v1/folders',
    answers(world, (call) => {
      return pageOf(
        matching(call).map((folder) => folderModel(world, folder)),
        call.query,
        'folderPath',
      );
    }),
  );
  router.get(
    '/v1/folders/lookup',
    answers(world, (call) => {
      return pageOf(
        matching(call).map(({ id, name }) => ({ id, value: name })),
        call.query,
        'value',
      );
    }),
  );
  router.get(
    '/v1/folders/stub',
    answers(world, () => ({
      id: 0,
      folderName: '',
      folderPath: '',
      parentFolderId: ROOT,
      folderTypeId: 1,
      inheritPermissions: false,
      inheritSecretPolicy: false,
      secretPolicyId: ROOT,
    })),
  );
  router.get('/v1/folders/:id', answers(world, read));
  router.get('/v1/folder-details/:id', answers(world, read));
  router.post(
    '/v1/folders',
    answers(world, ({ user, body }) => folderModel(world, create(world, user, body))),
  );
  router.put('/v1/folders/:id', answers(world, update));
  router.delete('/v1/folders/:id', answers(world, since('10.2.000018', remove)));
  router.get('/v1/templates/:folderId', answers(world, allowedTemplates));
  return router;
}

export function folderModel(world: World, folder: Folder) {
  return {
    id: folder.id,
    folderName: folder.name,
    folderPath: folderPath(world, folder.id),
    parentFolderId: folder.parentId,
    folderTypeId: 1,
    inheritPermissions: folder.inheritPermissions,
    inheritSecretPolicy: folder.inheritSecretPolicy,
    secretPolicyId: folder.secretPolicyId,
  };
}

/** The folder, when the user has `role` on it; else the one refusal for missing and forbidden. */
export function folderFor({ world, user }: Call, id: number | undefined, role: FolderRole): Folder {
  const folder = world.folders.get(id ?? 0);
  if (!folder || !mayInFolder(world, user, folder, role)) throw accessDenied();
  return folder;
}

function read(call: Call) {
  const { world, user, query } = call;
  const path = isAtLeast(world, '11.0') ? query.text('folderPath') : undefined;
  const id = call.param('id') === '0' && path ? folderAt(world, stepsOf(path))?.id : Number(call.param('id'));
  const folder = folderFor(call, id, 'View');
  const children = query.flag('getAllChildren') ? childrenOf(world, user, folder.id) : null;
  const templates = folder.allowedTemplateIds.map((each) => ({
    id: each,
    name: world.templates.get(each)?.name ?? '',
  }));
  return {
    ...folderModel(world, folder),
    childFolders: children,
    secretTemplates: query.flag('includeAssociatedTemplates') ? templates : null,
  };
}

/** All below the folder that the user may see, as one list. */
function childrenOf(world: World, user: User, id: number) {
  const below = withDescendants(world, id);
  below.delete(id);
  return [...below]
    .map((each) => world.folders.get(each)!)
    .filter((folder) => mayInFolder(world, user, folder, 'View'))
    .map((folder) => folderModel(world, folder));
}

function matching({ world, user, query }: Call): Folder[] {
  const text = (query.text('filter.searchText') ?? '').toLowerCase();
  const role = roleWanted(query);
  const parentId = query.integer('filter.parentFolderId');
  const onlyRoot = query.flag('filter.onlyIncludeRootFolders') ?? false;
  const direct =
    query.flag('filter.limitToDirectDescendents') ?? query.flag('filter.limitToDirectDescendants') ?? false;
  const below = parentId === undefined || direct ? undefined : withDescendants(world, parentId);
  return [...world.folders.values()].filter((folder) => {
    if (!mayInFolder(world, user, folder, role) || !folder.name.toLowerCase().includes(text)) return false;
    if (onlyRoot && folder.parentId !== ROOT) return false;
    if (parentId === undefined) return true;
    return folder.id !== parentId && (below ? parentId === ROOT || below.has(folder.id) : folder.parentId === parentId);
  });
}

function roleWanted(query: Arguments): FolderRole {
  const text = query.text('filter.permissionRequired');
  if (!text) return 'View';
  const role = FOLDER_ROLES.find((name) => sameName(name.replace(' ', ''), text.replace(' ', '')));
  if (!role) throw invalid('filter.permissionRequired', 'Owner, Edit, AddSecret or View.');
  return role;
}

/** Needs Edit on the parent. A folder at the root needs the unlimited administrator and cannot inherit. */
function create(world: World, user: User, body: Arguments): Folder {
  const name = checkedName(body);
  if ((body.integer('folderTypeId') ?? 1) !== 1) throw invalid('folderTypeId', 'It is always 1.');
  const parent = newParent(world, user, body.integer('parentFolderId') ?? ROOT);
  refuseTakenName(world, name, parent?.id ?? ROOT);
  const folder: Folder = {
    id: world.nextId(),
    name,
    parentId: parent?.id ?? ROOT,
    ...inheritance(body, parent),
    secretPolicyId: body.integer('secretPolicyId') ?? ROOT,
    grants: [{ id: world.nextId(), userId: user.id, folderRole: 'Owner', secretRole: 'Owner' }],
    allowedTemplateIds: [],
  };
  world.folders.set(folder.id, folder);
  return folder;
}

function inheritance(body: Arguments, parent: Folder | undefined) {
  const inheritPermissions = body.flag('inheritPermissions') ?? parent !== undefined;
  const inheritSecretPolicy = body.flag('inheritSecretPolicy') ?? parent !== undefined;
  if (!parent && (inheritPermissions || inheritSecretPolicy)) throw accessDenied();
  return { inheritPermissions, inheritSecretPolicy };
}

function newParent(world: World, user: User, id: number): Folder | undefined {
  const parent = world.folders.get(id);
  const allowed = id > 0 ? parent && mayInFolder(world, user, parent, 'Edit') : user.unlimited;
  if (!allowed) throw accessDenied();
  return parent;
}

function update(call: Call) {
  const { world, user, body } = call;
  const folder = folderFor(call, Number(call.param('id')), 'Edit');
  if (body.integer('id') !== folder.id) throw invalid('id', 'It must be the id of the path.');
  const name = checkedName(body);
  const parentId = body.integer('parentFolderId') ?? folder.parentId;
  if (parentId !== folder.parentId) {
    const parent = world.folders.get(parentId);
    if (!parent || !mayInFolder(world, user, parent, 'Edit')) throw accessDenied();
    if (withDescendants(world, folder.id).has(parentId)) throw uncoded('A folder cannot be moved into itself.');
  }
  refuseTakenName(world, name, parentId, folder.id);
  const inheritPermissions = body.flag('inheritPermissions') ?? folder.inheritPermissions;
  if (parentId === ROOT && inheritPermissions) throw accessDenied();
  Object.assign(folder, { name, parentId, inheritPermissions });
  folder.inheritSecretPolicy = body.flag('inheritSecretPolicy') ?? folder.inheritSecretPolicy;
  folder.secretPolicyId = body.integer('secretPolicyId') ?? folder.secretPolicyId;
  return folderModel(world, folder);
}

/** Only an empty folder goes: the sources do not say what becomes of what is in it. */
function remove(call: Call) {
  const { world } = call;
  const folder = folderFor(call, Number(call.param('id')), 'Owner');
  const used = [...world.folders.values()].some(({ parentId }) => parentId === folder.id);
  const holds = [...world.secrets.values()].some((secret) => secret.active && secret.folderId === folder.id);
  if (used || holds) throw uncoded('The folder is not empty.');
  world.folders.delete(folder.id);
  return { id: folder.id, objectType: 'Folder', responseCodes: [] };
}

function allowedTemplates(call: Call) {
  const folder = folderFor(call, Number(call.param('folderId')), 'View');
  return [...call.world.templates.values()]
    .filter(
      ({ id, active }) => active && (folder.allowedTemplateIds.length === 0 || folder.allowedTemplateIds.includes(id)),
    )
    .map(({ id, name }) => ({ id, name }));
}

function checkedName(body: Arguments): string {
  const name = body.text('folderName')?.trim() ?? '';
  if (name === '' || NOT_IN_NAMES.test(name)) throw invalid('folderName', 'A name without slashes is required.');
  return name;
}

/** A path must lead to one folder. */
function refuseTakenName(world: World, name: string, parentId: number, exceptId?: number): void {
  const taken = [...world.folders.values()].some((folder) => {
    return folder.id !== exceptId && folder.parentId === parentId && sameName(folder.name, name);
  });
  if (taken) throw uncoded('A folder of this name is already there.');
}
