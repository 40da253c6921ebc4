/** `/v1/folder-permissions`: who may do what in a folder (docs.delinea.com, Secret Server REST API). */
import { Router } from 'express';
import { folderFor } from './folder-routes.ts';
import { pageOf } from './paging.ts';
import { grantsOf, sameName } from './permissions.ts';
import { accessDenied, invalid, uncoded } from './refusals.ts';
import { answers, type Call } from './routing.ts';
import { FOLDER_ROLES, SECRET_ROLES, type Folder, type Grant, type World } from './types.ts';

export function folderPermissionRoutes(world: World): Router {
  const router = Router();
  router.get('/v1/folder-permissions', answers(world, list));
  router.get(
    '/v1/folder-permissions/stub',
    answers(world, (call) => ({
      id: 0,
      folderId: call.query.integer('folderId') ?? call.query.integer('filter.folderId') ?? 0,
      userId: null,
      groupId: null,
      folderAccessRoleName: 'View',
      secretAccessRoleName: 'View',
    })),
  );
  router.get(
    '/v1/folder-permissions/:id',
    answers(world, (call) => {
      const { folder, grant } = find(call, 'View');
      return grantModel(world, folder, grant);
    }),
  );
  router.post('/v1/folder-permissions', answers(world, add));
  router.put('/v1/folder-permissions/:id', answers(world, change));
  router.delete('/v1/folder-permissions/:id', answers(world, remove));
  return router;
}

function list(call: Call) {
  const { world, query } = call;
  const userId = query.integer('filter.userId');
  const folder = folderFor(call, query.integer('filter.folderId'), 'View');
  const grants = grantsOf(world, folder).filter((grant) => userId === undefined || grant.userId === userId);
  return pageOf(
    grants.map((grant) => grantModel(world, folder, grant)),
    query,
    'knownAs',
  );
}

function grantModel(world: World, folder: Folder, grant: Grant) {
  const user = world.users.get(grant.userId);
  return {
    id: grant.id,
    folderId: folder.id,
    userId: grant.userId,
    groupId: null,
    userName: user?.username ?? null,
    knownAs: user?.displayName ?? '',
    folderAccessRoleName: grant.folderRole,
    secretAccessRoleName: grant.secretRole,
  };
}

/** One grant a user; `breakInheritance` keeps the inherited ones as the folder's own. */
function add(call: Call) {
  const { world, body } = call;
  const folder = folderFor(call, body.integer('folderId'), 'Owner');
  const userId = body.integer('userId');
  if (body.integer('groupId')) throw invalid('groupId', 'This server has no groups.');
  if (userId === undefined || !world.users.has(userId)) throw invalid('userId', 'A user is required.');
  if (folder.inheritPermissions) {
    if (!body.flag('breakInheritance')) throw uncoded('The folder inherits its permissions.');
    folder.grants = grantsOf(world, folder).map((grant) => ({ ...grant, id: world.nextId() }));
    folder.inheritPermissions = false;
  }
  if (folder.grants.some((grant) => grant.userId === userId)) throw uncoded('The user has a permission already.');
  const grant: Grant = { id: world.nextId(), userId, ...roles(call) };
  folder.grants.push(grant);
  return grantModel(world, folder, grant);
}

function change(call: Call) {
  const { folder, grant } = find(call, 'Owner');
  if (folder.inheritPermissions) throw uncoded('The folder inherits its permissions.');
  Object.assign(grant, roles(call));
  return grantModel(call.world, folder, grant);
}

function remove(call: Call) {
  const { folder, grant } = find(call, 'Owner');
  folder.grants = folder.grants.filter(({ id }) => id !== grant.id);
  return { id: grant.id, objectType: 'FolderPermission', responseCodes: [] };
}

function find(call: Call, role: 'View' | 'Owner'): { folder: Folder; grant: Grant } {
  const id = Number(call.param('id'));
  for (const folder of call.world.folders.values()) {
    const grant = folder.inheritPermissions ? undefined : folder.grants.find((each) => each.id === id);
    if (grant) return { folder: folderFor(call, folder.id, role), grant };
  }
  throw accessDenied();
}

function roles({ body }: Call): Pick<Grant, 'folderRole' | 'secretRole'> {
  const folderText = body.text('folderAccessRoleName') ?? '';
  const secretText = body.text('secretAccessRoleName') ?? '';
  const folderRole = FOLDER_ROLES.find((role) => sameName(role, folderText));
  const secretRole = SECRET_ROLES.find((role) => sameName(role, secretText));
  if (!folderRole) throw invalid('folderAccessRoleName', 'View, Edit, Add Secret or Owner.');
  if (!secretRole) throw invalid('secretAccessRoleName', 'None, List, View, Edit or Owner.');
  return { folderRole, secretRole };
}
