/** What a created or updated secret must be (docs.delinea.com, Secret Server REST API). */
import type { Arguments } from './arguments.ts';
import { placeSecret, sameName } from './permissions.ts';
import { accessDenied, invalid } from './refusals.ts';
import {
  activeTemplate,
  checkedFolder,
  checkedName,
  checkedSite,
  fieldOf,
  readItems,
  refuseDuplicate,
  refuseEdit,
  refuseIncomplete,
  refuseLong,
  refuseWeak,
  ROOT,
  sameFolder,
} from './secret-rules.ts';
import { audit, itemOf, templateOf } from './secret-views.ts';
import { generateSshItems } from './ssh-keys.ts';
import type { Item, Secret, SecretFlags, TemplateField, User, World } from './types.ts';

/** `delayIndexing` keeps a secret out of text searches for at least this. */
const DELAYED_INDEXING_MS = 60_000;

const FLAG_NAMES = [
  'enableInheritPermissions',
  'enableInheritSecretPolicy',
  'autoChangeEnabled',
  'checkOutEnabled',
  'checkOutChangePasswordEnabled',
  'requiresComment',
  'proxyEnabled',
  'sessionRecordingEnabled',
  'webLauncherRequiresIncognitoMode',
] as const satisfies readonly (keyof SecretFlags)[];

/** `POST /v1/secrets`. */
export function createSecret(world: World, user: User, body: Arguments): Secret {
  const name = checkedName(body);
  const template = activeTemplate(world, body.integer('secretTemplateId'));
  const folder = checkedFolder(world, user, body.integer('folderId'), template);
  const siteId = checkedSite(world, body.integer('siteId'));
  refuseDuplicate(world, name, folder);
  const ssh = body.object('sshKeyArgs');
  if (ssh && !template.generatesSshKeys) throw invalid('sshKeyArgs', 'The template does not generate SSH keys.');
  const values = readItems(world, template, body, ssh !== undefined);
  const items = template.fields.map((field): Item => {
    return { itemId: world.nextId(), fieldId: field.id, value: values.get(field.id)?.value ?? '' };
  });
  if (ssh) generateSshItems(world, template, items, ssh, (fieldId) => values.get(fieldId)?.filename);
  const filled = (field: TemplateField) => items.find(({ fieldId }) => fieldId === field.id);
  refuseIncomplete(template, (field) => filled(field)?.file !== undefined || (filled(field)?.value ?? '') !== '');
  if (template.validateOnCreate) refuseWeak(template, items);
  const secret = newSecret(world, { name, templateId: template.id, folderId: folder?.id ?? ROOT, siteId, items });
  const inherits = body.flag('enableInheritPermissions') ?? secret.flags.enableInheritPermissions;
  placeSecret(world, secret, secret.folderId, inherits);
  setFlags(secret, body);
  if (!secret.flags.enableInheritPermissions) secret.grants = [{ id: world.nextId(), userId: user.id, role: 'Owner' }];
  secret.secretPolicyId = body.integer('secretPolicyId') ?? ROOT;
  secret.checkOutIntervalMinutes = body.integer('checkOutIntervalMinutes') || secret.checkOutIntervalMinutes;
  if (body.flag('delayIndexing')) secret.indexedMs = Math.max(secret.indexedMs, world.nowMs() + DELAYED_INDEXING_MS);
  world.secrets.set(secret.id, secret);
  audit(world, secret, user, 'CREATE');
  return secret;
}

/** A secret as a test or a request makes it, not yet in the world. */
export function newSecret(
  world: World,
  given: Pick<Secret, 'name' | 'templateId' | 'folderId' | 'siteId' | 'items'>,
): Secret {
  const flags = Object.fromEntries(FLAG_NAMES.map((name) => [name, false])) as unknown as SecretFlags;
  return {
    id: world.nextId(),
    active: true,
    flags: { ...flags, enableInheritPermissions: given.folderId !== ROOT },
    secretPolicyId: ROOT,
    checkOutIntervalMinutes: 30,
    requiresApproval: false,
    approvedUserIds: [],
    comments: new Map(),
    grants: [],
    failedPasswordChanges: 0,
    isOutOfSync: false,
    outOfSyncReason: '',
    lastHeartBeatStatus: 'Pending',
    expired: false,
    createdMs: world.nowMs(),
    indexedMs: world.nowMs() + world.settings.indexDelayMs,
    audits: [],
    ...given,
  };
}

/**
 * `PUT /v1/secrets/{id}`: the whole secret. A field that is not among the items becomes empty, but files stay. `active` is
 * ignored: the vendor's own Go client sends false with every update and expects the secret to live on.
 */
export function updateSecret(world: World, user: User, secret: Secret, body: Arguments, isOwner: boolean): void {
  if (body.integer('id') !== secret.id) throw invalid('id', 'It must be the id of the path.');
  const template = templateOf(world, secret);
  if ((body.integer('secretTemplateId') ?? template.id) !== template.id) {
    throw invalid('secretTemplateId', 'The template of a secret does not change here.');
  }
  if (body.has('sshKeyArgs')) throw invalid('sshKeyArgs', 'Keys are generated at creation only.');
  const place = checkedPlace(world, user, secret, body);
  const values = checkedValues(world, secret, body, isOwner);
  if (!isOwner && FLAG_NAMES.some((flag) => (body.flag(flag) ?? secret.flags[flag]) !== secret.flags[flag])) {
    throw accessDenied();
  }
  for (const [field, value] of values) setValue(world, secret, field, value);
  Object.assign(secret, { name: place.name, siteId: place.siteId });
  const inherits = body.flag('enableInheritPermissions') ?? secret.flags.enableInheritPermissions;
  placeSecret(world, secret, place.folderId, inherits);
  setFlags(secret, body);
  secret.secretPolicyId = body.integer('secretPolicyId') ?? secret.secretPolicyId;
  secret.checkOutIntervalMinutes = body.integer('checkOutIntervalMinutes') || secret.checkOutIntervalMinutes;
  touched(world, user, secret);
}

function checkedPlace(world: World, user: User, secret: Secret, body: Arguments) {
  const name = checkedName(body);
  const given = body.integer('folderId');
  const folder = sameFolder(secret, given)
    ? world.folders.get(secret.folderId)
    : checkedFolder(world, user, given, templateOf(world, secret));
  const siteId = checkedSite(world, body.integer('siteId') ?? secret.siteId);
  const folderId = folder?.id ?? ROOT;
  if (!sameName(name, secret.name) || folderId !== secret.folderId) refuseDuplicate(world, name, folder, secret.id);
  return { name, siteId, folderId };
}

/** Every field but files, with the value that the body gives it. */
function checkedValues(world: World, secret: Secret, body: Arguments, isOwner: boolean): Map<TemplateField, string> {
  const template = templateOf(world, secret);
  const given = readItems(world, template, body, false);
  const fields = template.fields.filter(({ isFile }) => !isFile);
  const values = new Map(fields.map((field) => [field, given.get(field.id)?.value ?? '']));
  for (const [field, value] of values) refuseEdit(field, itemOf(secret, field)?.value ?? '', value, isOwner);
  refuseIncomplete(template, (field) => field.isFile || values.get(field) !== '');
  if (template.validateOnEdit) {
    refuseWeak(
      template,
      [...values].map(([field, value]) => ({ fieldId: field.id, value })),
    );
  }
  return values;
}

/** Sets one field of text by its slug, as `PUT /fields/{slug}` and `PATCH /general` do. */
export function setField(
  world: World,
  user: User,
  secret: Secret,
  slug: string,
  value: string,
  isOwner: boolean,
): void {
  const template = templateOf(world, secret);
  const field = fieldOf(template, slug);
  if (field.isFile) throw invalid(slug, 'The field has a file.');
  refuseLong(world, field, value);
  refuseEdit(field, itemOf(secret, field)?.value ?? '', value, isOwner);
  // The whole secret must be complete afterwards, not just this field.
  refuseIncomplete(template, (each) => {
    const item = itemOf(secret, each);
    return each.id === field.id ? value !== '' : item?.file !== undefined || (item?.value ?? '') !== '';
  });
  if (template.validateOnEdit) refuseWeak({ ...template, fields: [field] }, [{ fieldId: field.id, value }]);
  setValue(world, secret, field, value);
  touched(world, user, secret);
}

/** Marks a change: written down, and out of text searches until the index has it. */
export function touched(world: World, user: User, secret: Secret): void {
  secret.indexedMs = world.nowMs() + world.settings.indexDelayMs;
  audit(world, secret, user, 'UPDATE');
}

function setValue(world: World, secret: Secret, field: TemplateField, value: string): void {
  const item = itemOf(secret, field);
  if (item) item.value = value;
  else secret.items.push({ itemId: world.nextId(), fieldId: field.id, value });
}

/** All flags but the inheritance of permissions, which is decided with the place. */
function setFlags(secret: Secret, body: Arguments): void {
  const { enableInheritPermissions } = secret.flags;
  for (const name of FLAG_NAMES) secret.flags[name] = body.flag(name) ?? secret.flags[name];
  secret.flags.enableInheritPermissions = enableInheritPermissions;
  // At the root there is nothing to inherit from.
  if (secret.folderId === ROOT) secret.flags.enableInheritSecretPolicy = false;
}
