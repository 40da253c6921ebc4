/** `/v1/secret-permissions`, by the pattern of folder permissions, and the switch between own and inherited (docs.delinea.com, Secret Server REST API). */
import { Router } from 'express';
import { pageOf } from './paging.ts';
import { placeSecret, sameName, secretGrantsOf } from './permissions.ts';
import { accessDenied, invalid, uncoded } from './refusals.ts';
import { answers, since, type Call } from './routing.ts';
import { findSecret } from './secret-access.ts';
import { audit } from './secret-views.ts';
import { SECRET_ROLES, type Secret, type SecretRole, type World } from './types.ts';

export function secretPermissionRoutes(world: World): Router {
  const router = Router();
  const path = '/v1/secret-permissions';
  router.get(path, answers(world, since('10.2.000018', list)));
  router.get(`${path}/stub`, answers(world, since('10.2.000018', stub)));
  router.post(path, answers(world, since('10.2.000018', add)));
  router.put(`${path}/:id`, answers(world, since('10.2.000018', change)));
  router.delete(`${path}/:id`, answers(world, since('10.2.000018', remove)));
  router.patch('/v1/secrets/:id/share', answers(world, since('10.9', share)));
  return router;
}

type Grant = Secret['grants'][number];

function grantModel(world: World, secret: Secret, grant: Grant) {
  const user = world.users.get(grant.userId);
  return {
    id: grant.id,
    secretId: secret.id,
    userId: grant.userId,
    groupId: null,
    userName: user?.username ?? null,
    knownAs: user?.displayName ?? '',
    secretAccessRoleName: grant.role,
  };
}

function list(call: Call) {
  const secret = findSecret(call, String(secretIdOf(call)), 'View');
  const records = secretGrantsOf(call.world, secret).map((grant) => grantModel(call.world, secret, grant));
  return pageOf(records, call.query, 'knownAs');
}

function secretIdOf({ query, body }: Call): number {
  const id = query.integer('filter.secretId') ?? query.integer('secretId') ?? body.integer('secretId');
  if (id === undefined) throw invalid('secretId', 'The secret is required.');
  return id;
}

function stub(call: Call) {
  const secret = findSecret(call, String(secretIdOf(call)), 'Owner');
  return { id: 0, secretId: secret.id, userId: null, groupId: null, secretAccessRoleName: 'View' };
}

/** Only a secret that does not inherit has permissions of its own. */
function add(call: Call) {
  const { world, user, body } = call;
  const secret = findSecret(call, String(secretIdOf(call)), 'Owner');
  const userId = body.integer('userId');
  if (body.integer('groupId')) throw invalid('groupId', 'This server has no groups.');
  if (userId === undefined || !world.users.has(userId)) throw invalid('userId', 'A user is required.');
  const role = roleOf(call);
  refuseInherited(secret);
  if (secret.grants.some((grant) => grant.userId === userId)) throw uncoded('The user has a permission already.');
  const grant: Grant = { id: world.nextId(), userId, role };
  secret.grants.push(grant);
  audit(world, secret, user, 'EDITSHARE');
  return grantModel(world, secret, grant);
}

function change(call: Call) {
  const { secret, grant } = find(call);
  grant.role = roleOf(call);
  audit(call.world, secret, call.user, 'EDITSHARE');
  return grantModel(call.world, secret, grant);
}

function remove(call: Call) {
  const { secret, grant } = find(call);
  secret.grants = secret.grants.filter(({ id }) => id !== grant.id);
  audit(call.world, secret, call.user, 'EDITSHARE');
  return { id: grant.id, objectType: 'SecretPermission', responseCodes: [] };
}

function find(call: Call): { secret: Secret; grant: Grant } {
  const id = Number(call.param('id'));
  for (const secret of call.world.secrets.values()) {
    const grant = secret.grants.find((each) => each.id === id);
    if (!grant) continue;
    findSecret(call, String(secret.id), 'Owner');
    refuseInherited(secret);
    return { secret, grant };
  }
  throw accessDenied();
}

function share(call: Call) {
  const { world } = call;
  const secret = findSecret(call, call.param('id'), 'Owner');
  const member = call.body.object('data')?.object('inheritPermissions');
  if (!member) throw invalid('data', 'inheritPermissions is required.');
  const inherits = member.flag('dirty') ? (member.flag('value') ?? true) : secret.flags.enableInheritPermissions;
  if (inherits && !world.folders.has(secret.folderId)) throw uncoded('At the root there is nothing to inherit.');
  placeSecret(world, secret, secret.folderId, inherits);
  audit(world, secret, call.user, 'EDITSHARE');
  return { inheritPermissions: { value: inherits, isReadOnly: false } };
}

function refuseInherited(secret: Secret): void {
  if (secret.flags.enableInheritPermissions) throw uncoded('The secret inherits its permissions.');
}

function roleOf({ body }: Call): SecretRole {
  const text = body.text('secretAccessRoleName') ?? '';
  const role = SECRET_ROLES.find((each) => each !== 'None' && sameName(each, text));
  if (!role) throw invalid('secretAccessRoleName', 'List, View, Edit or Owner.');
  return role;
}
