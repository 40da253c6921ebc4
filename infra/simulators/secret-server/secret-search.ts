/** Searches, lookups and totals of secrets, with the filters of the vendor's API. */
import { Router } from 'express';
import type { Arguments } from './arguments.ts';
import { pageOf } from './paging.ts';
import { mayInFolder, mayWithSecret, sameName, seesWholePath, withDescendants } from './permissions.ts';
import { accessDenied, invalid, refusal } from './refusals.ts';
import { answers, since, type Call } from './routing.ts';
import { findSecret } from './secret-access.ts';
import { isRestricted, itemOf, secretSummary, templateOf } from './secret-views.ts';
import { SECRET_ROLES, type Secret, type SecretRole, type World } from './types.ts';

const HEARTBEAT = [
  'Failed',
  'Success',
  'Pending',
  'Disabled',
  'UnableToConnect',
  'UnknownError',
  'IncompatibleHost',
  'AccountLockedOut',
  'DnsMismatch',
  'UnableToValidateServerPublicKey',
  'Processing',
  'ArgumentError',
  'AccessDenied',
] as const;

/** The routes with a fixed name after `/secrets`. */
export function secretSearchRoutes(world: World): Router {
  const router = Router();
  const search = (call: Call) => {
    const extended = call.query.texts('filter.extendedFields');
    return pageOf(
      found(call).map((secret) => secretSummary(world, secret, extended)),
      call.query,
    );
  };
  router.get('/v1/secrets', answers(world, search));
  router.get('/v2/secrets', answers(world, since('11.2', search)));
  router.get(
    '/v1/secrets/search-total',
    answers(world, (call) => matching(call).length),
  );
  router.get(
    '/v2/secrets/search-total',
    answers(
      world,
      since('11.2', (call) => matching(call).length),
    ),
  );
  router.get(
    '/v1/secrets/lookup',
    answers(world, (call) => {
      return pageOf(
        found(call).map((secret) => ({ id: secret.id, value: lookupText(secret) })),
        call.query,
        'value',
      );
    }),
  );
  router.get(
    '/v1/secrets/lookup/:id',
    answers(world, (call) => {
      const secret = findSecret(call, call.param('id'), 'List');
      return { id: secret.id, value: secret.name };
    }),
  );
  return router;
}

function lookupText(secret: Secret): string {
  return `${secret.folderId} - ${secret.templateId} - ${secret.name}`;
}

function found(call: Call): Secret[] {
  const secrets = matching(call);
  if (secrets.length === 0 && call.world.settings.emptySearchStatus === 404) {
    throw refusal({ status: 404, body: { message: 'Not found.' } });
  }
  return secrets;
}

/** The secrets that the filters leave and the user may see. */
function matching(call: Call): Secret[] {
  const { world, user, query } = call;
  const role = roleWanted(query);
  const visible = [...world.secrets.values()].filter((secret) => {
    return mayWithSecret(world, user, secret, role) && seesWholePath(world, user, secret.folderId);
  });
  return [byFolder(call), byState(query), byKind(query), byOwner(call), byText(call)].reduce(
    (secrets, rule) => secrets.filter(rule),
    visible,
  );
}

function roleWanted(query: Arguments): SecretRole {
  const text = query.text('filter.permissionRequired');
  if (!text) return 'List';
  // By number the list starts with List at 1.
  const role = SECRET_ROLES.find((name, index) => index > 0 && (sameName(name, text) || String(index) === text));
  if (!role) throw invalid('filter.permissionRequired', 'List, View, Edit or Owner.');
  return role;
}

type Rule = (secret: Secret) => boolean;

/** A folder that is missing and one that is not for this user are the same refusal. */
function byFolder({ world, user, query }: Call): Rule {
  const folderId = query.integer('filter.folderId');
  if (folderId === undefined || folderId === 0) return () => true;
  if (folderId === -1) return (secret) => secret.folderId === -1;
  const folder = world.folders.get(folderId);
  if (!folder || !mayInFolder(world, user, folder, 'View')) throw accessDenied();
  const ids = query.flag('filter.includeSubFolders') ? withDescendants(world, folderId) : new Set([folderId]);
  return (secret) => ids.has(secret.folderId);
}

function byState(query: Arguments): Rule {
  const active = query.flag('filter.includeActive') ?? true;
  const inactive = query.flag('filter.includeInactive') ?? false;
  const restricted = query.flag('filter.includeRestricted') ?? false;
  const doubleLocks = query.flag('filter.allowDoubleLocks') ?? restricted;
  const heartbeat = heartbeatWanted(query);
  return (secret) => {
    if (secret.active ? !active : !inactive) return false;
    if (secret.doubleLockPassword !== undefined && !doubleLocks) return false;
    if (isRestricted(secret) && !restricted) return false;
    return heartbeat === undefined || secret.lastHeartBeatStatus === heartbeat;
  };
}

function heartbeatWanted(query: Arguments): string | undefined {
  const text = query.text('filter.heartbeatStatus');
  if (!text) return undefined;
  const status = HEARTBEAT.find((name, index) => sameName(name, text) || String(index) === text);
  if (!status) throw invalid('filter.heartbeatStatus', 'There is no such status.');
  return status;
}

function byKind(query: Arguments): Rule {
  const names = ['filter.secretTemplateId', 'filter.secretTemplateIds'];
  const templateIds = names
    .flatMap((name) => query.texts(name))
    .flatMap((text) => text.split(','))
    .map(Number);
  const siteId = query.integer('filter.siteId');
  return (secret) => {
    if (templateIds.length > 0 && !templateIds.includes(secret.templateId)) return false;
    return siteId === undefined || secret.siteId === siteId;
  };
}

function byOwner({ world, query }: Call): Rule {
  const onlyRpc = query.flag('filter.onlyRPCEnabled') ?? false;
  return (secret) => !onlyRpc || templateOf(world, secret).hasPasswordChanger;
}

/**
 * A substring of the name or of an indexed value, or all of it with `isExactMatch`; a named field is looked at alone, by
 * its name or slug. What the index does not have yet is not found.
 */
function byText({ world, query }: Call): Rule {
  const text = (query.text('filter.searchText') ?? '').toLowerCase();
  if (text === '') return () => true;
  const exact = query.flag('filter.isExactMatch') ?? false;
  const only = query.text('filter.searchFieldSlug') || query.text('filter.searchField');
  const hit = (value: string) => (exact ? value.toLowerCase() === text : value.toLowerCase().includes(text));
  return (secret) => {
    if (secret.indexedMs > world.nowMs()) return false;
    const fields = templateOf(world, secret).fields.filter((field) => {
      return (
        field.isIndexable && !field.isPassword && (!only || sameName(field.name, only) || sameName(field.slug, only))
      );
    });
    const values = fields.map((field) => itemOf(secret, field)?.value ?? '');
    return (!only || sameName(only, 'name') ? [secret.name, ...values] : values).some(hit);
  };
}
