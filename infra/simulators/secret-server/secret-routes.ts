/** `/api/v1/secrets` and `/api/v2/secrets`: one secret at a time (docs.delinea.com, Secret Server REST API). */
import { Router } from 'express';
import type { Arguments } from './arguments.ts';
import { mayWithSecret, placeSecret } from './permissions.ts';
import { accessDenied, coded, invalid } from './refusals.ts';
import { answers, since, type Call } from './routing.ts';
import { findSecret, giveBackWhenAsked, openSecret } from './secret-access.ts';
import { audit, isRestricted, itemModel, secretModel, secretSummary, templateOf } from './secret-views.ts';
import { checkedFolder, checkedName, checkedSite, fieldOf, refuseDuplicate } from './secret-rules.ts';
import { createSecret, setField, touched, updateSecret } from './secret-writes.ts';
import type { Secret, World } from './types.ts';

/** The routes of single secrets; those with a fixed name after `/secrets/` are elsewhere and come first. */
export function secretRoutes(world: World): Router {
  const router = Router();
  router.get('/v1/secrets/stub', answers(world, stub));
  router.post(
    '/v1/secrets',
    answers(world, ({ user, body }) => secretModel(world, createSecret(world, user, body))),
  );
  router.get('/v1/secrets/:id', answers(world, read));
  router.get('/v2/secrets/:id', answers(world, since('11.2', read)));
  router.put('/v1/secrets/:id', answers(world, update));
  for (const version of ['v1', 'v2']) {
    router.patch(`/${version}/secrets/:id/general`, answers(world, since('10.9', patchGeneral)));
    router.put(`/${version}/secrets/:id/activate`, answers(world, since('11.2', undelete)));
  }
  router.delete('/v1/secrets/:id', answers(world, remove));
  router.put('/v1/secrets/:id/undelete', answers(world, since('10.9', undelete)));
  router.post(
    '/v1/secrets/:id/restricted',
    answers(world, (call) => read({ ...call, restricted: true })),
  );
  router.get(
    '/v1/secrets/:id/summary',
    answers(world, (call) => {
      return secretSummary(world, findSecret(call, call.param('id'), 'List'));
    }),
  );
  return router;
}

function stub({ world, user, query }: Call) {
  const templateId = query.integer('secretTemplateId') ?? query.integer('filter.secretTemplateId');
  const folderId = query.integer('folderId') ?? query.integer('filter.folderId');
  const template = world.templates.get(templateId ?? 0);
  if (templateId === undefined) throw invalid('secretTemplateId', 'The template is required.');
  if (!template?.active) throw accessDenied();
  const folder = checkedFolder(world, user, folderId, template);
  return {
    id: 0,
    name: '',
    secretTemplateId: template.id,
    secretTemplateName: template.name,
    folderId: folder?.id ?? -1,
    siteId: 1,
    active: true,
    items: template.fields.map((field) => itemModel(field, undefined)),
    secretPolicyId: -1,
    enableInheritPermissions: folder !== undefined,
    enableInheritSecretPolicy: folder !== undefined,
    autoChangeEnabled: false,
    checkOutEnabled: false,
    requiresComment: false,
    proxyEnabled: false,
    sessionRecordingEnabled: false,
    launcherConnectAsSecretId: -1,
    passwordTypeWebScriptId: -1,
    webLauncherRequiresIncognitoMode: false,
  };
}

function read(call: Call & { readonly restricted?: boolean }) {
  const secret = openSecret(call, call.param('id'), 'View');
  audit(call.world, secret, call.user, 'VIEW');
  giveBackWhenAsked(call, secret);
  return secretModel(call.world, secret);
}

function update(call: Call) {
  const secret = openSecret(call, call.param('id'), 'Edit');
  const isOwner = mayWithSecret(call.world, call.user, secret, 'Owner');
  updateSecret(call.world, call.user, secret, call.body, isOwner);
  giveBackWhenAsked(call, secret);
  return secretModel(call.world, secret);
}

/** Deletion needs Owner and an open secret: no source says less, so nothing may build on less. */
function remove(call: Call) {
  const secret = openSecret(call, call.param('id'), 'Owner');
  secret.active = false;
  delete secret.checkOut;
  audit(call.world, secret, call.user, 'DELETE');
  return deactivation(secret);
}

function undelete(call: Call) {
  const { world, user } = call;
  const secret = world.secrets.get(Number(call.param('id')));
  if (!secret || secret.active || !mayWithSecret(world, user, secret, 'Owner')) throw accessDenied();
  refuseDuplicate(world, secret.name, world.folders.get(secret.folderId), secret.id);
  secret.active = true;
  audit(world, secret, user, 'UNDELETE');
  return deactivation(secret);
}

function deactivation(secret: Secret) {
  return { id: secret.id, objectType: 'Secret', responseCodes: [] };
}

/** Only members with `dirty: true` change: all of them, or none when one is refused. */
function patchGeneral(call: Call) {
  const { world, user, body } = call;
  const secret = openSecret(call, call.param('id'), 'Edit');
  const isOwner = mayWithSecret(world, user, secret, 'Owner');
  const data = body.object('data');
  if (!data) throw invalid('data', 'The data is required.');
  if (dirty(data, 'template')) throw invalid('template', 'It does not change here.');
  const place = patchedPlace(call, secret, data);
  const active = dirty(data, 'active')?.flag('value') ?? secret.active;
  if (active !== secret.active && !isOwner) throw accessDenied();
  patchFields(call, secret, data.objects('secretFields') ?? [], isOwner);
  Object.assign(secret, { name: place.name, siteId: place.siteId, active });
  placeSecret(world, secret, place.folderId, secret.flags.enableInheritPermissions);
  secret.isOutOfSync = dirty(data, 'isOutOfSync')?.flag('value') ?? secret.isOutOfSync;
  touched(world, user, secret);
  return generalView(world, secret);
}

function patchedPlace({ world, user }: Call, secret: Secret, data: Arguments) {
  const [name, folder, site] = [dirty(data, 'name'), dirty(data, 'folder'), dirty(data, 'site')];
  const place = {
    name: name ? checkedName(name, 'value') : secret.name,
    siteId: site ? checkedSite(world, site.integer('value')) : secret.siteId,
    folderId: folder
      ? (checkedFolder(world, user, folder.integer('value'), templateOf(world, secret))?.id ?? -1)
      : secret.folderId,
  };
  if (place.name !== secret.name || place.folderId !== secret.folderId) {
    refuseDuplicate(world, place.name, world.folders.get(place.folderId), secret.id);
  }
  return place;
}

function patchFields(call: Call, secret: Secret, fields: readonly Arguments[], isOwner: boolean): void {
  const { world, user } = call;
  const before = secret.items.map((item) => ({ ...item }));
  try {
    for (const field of fields.filter((each) => each.flag('dirty'))) {
      const slug = field.text('slug') ?? '';
      if (fieldOf(templateOf(world, secret), slug).isFile) dropFile(world, secret, slug, field.text('value') ?? '');
      else setField(world, user, secret, slug, field.text('value') ?? '', isOwner);
    }
  } catch (error) {
    secret.items.splice(0, secret.items.length, ...before);
    throw error;
  }
}

/** The member, when the body says that it changed. */
function dirty(data: Arguments, name: string): Arguments | undefined {
  const member = data.object(name);
  return member?.flag('dirty') === true ? member : undefined;
}

/** The only change of a file by this operation: it goes. */
function dropFile(world: World, secret: Secret, slug: string, value: string): void {
  const field = fieldOf(templateOf(world, secret), slug);
  if (value !== '') throw invalid(slug, 'A file is not set by its value.');
  if (field.isRequired) throw coded('API_RequiredFieldMissing', 'Secret field is required');
  const item = secret.items.find(({ fieldId }) => fieldId === field.id);
  if (item) delete item.file;
}

function generalView(world: World, secret: Secret) {
  const view = <T>(value: T) => ({ value, isReadOnly: false });
  return {
    id: secret.id,
    name: view(secret.name),
    folder: view(secret.folderId),
    site: view(secret.siteId),
    active: view(secret.active),
    template: view(secret.templateId),
    secretPolicy: view(secret.secretPolicyId),
    isOutOfSync: view(secret.isOutOfSync),
    isRestricted: isRestricted(secret),
    secretFields: templateOf(world, secret).fields.map((field) => ({ slug: field.slug, name: field.name })),
  };
}
