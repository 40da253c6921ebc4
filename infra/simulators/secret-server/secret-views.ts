/** A secret as the vendor's models show it (docs.delinea.com, Secret Server REST API). */
import { folderPath } from './permissions.ts';
import type { Item, Secret, Template, TemplateField, User, World } from './types.ts';

const NEVER = '0001-01-01T00:00:00';
const NOBODY = -1;

/** ISO without a zone, as the vendor writes it; "never" when absent. */
export function dateOf(ms: number | undefined): string {
  return ms === undefined ? NEVER : new Date(ms).toISOString().replace(/(?:\.000)?Z$/, '');
}

export function templateOf(world: World, secret: Secret): Template {
  return world.templates.get(secret.templateId)!;
}

/** The check-out in force; one that ran out is none. */
export function checkOutOf(world: World, secret: Secret) {
  return secret.checkOut && world.nowMs() < secret.checkOut.untilMs ? secret.checkOut : undefined;
}

/** Comment, check-out, approval or a DoubleLock stand before the values. */
export function isRestricted(secret: Secret): boolean {
  const { requiresComment, checkOutEnabled } = secret.flags;
  return requiresComment || checkOutEnabled || secret.requiresApproval || secret.doubleLockPassword !== undefined;
}

/** `SecretModel`: with the values. */
export function secretModel(world: World, secret: Secret): Record<string, unknown> {
  const template = templateOf(world, secret);
  return {
    ...commonMembers(world, secret),
    ...secret.flags,
    items: template.fields.map((field) => itemModel(field, itemOf(secret, field))),
    secretPolicyId: secret.secretPolicyId,
    autoChangeNextPassword: null,
    checkOutIntervalMinutes: secret.checkOutIntervalMinutes,
    ...checkOutMembers(world, secret),
    requiresApprovalForAccess: secret.requiresApproval,
    isDoubleLock: secret.doubleLockPassword !== undefined,
    doubleLockId: secret.doubleLockPassword === undefined ? 0 : 1,
    lastHeartBeatCheck: dateOf(secret.lastHeartBeatMs),
    failedPasswordChangeAttempts: secret.failedPasswordChanges,
    accessRequestWorkflowMapId: NOBODY,
    launcherConnectAsSecretId: NOBODY,
    passwordTypeWebScriptId: NOBODY,
    jumpboxRouteId: null,
    restrictSshCommands: false,
    allowOwnersUnrestrictedSshCommands: false,
  };
}

function commonMembers(world: World, secret: Secret): Record<string, unknown> {
  return {
    id: secret.id,
    name: secret.name,
    secretTemplateId: secret.templateId,
    secretTemplateName: templateOf(world, secret).name,
    folderId: secret.folderId,
    folderPath: folderPath(world, secret.folderId),
    siteId: secret.siteId,
    active: secret.active,
    checkedOut: checkOutOf(world, secret) !== undefined,
    isRestricted: isRestricted(secret),
    isOutOfSync: secret.isOutOfSync,
    outOfSyncReason: secret.outOfSyncReason,
    lastHeartBeatStatus: secret.lastHeartBeatStatus,
    lastPasswordChangeAttempt: dateOf(secret.lastPasswordChangeMs),
    responseCodes: [],
  };
}

function checkOutMembers(world: World, secret: Secret): Record<string, unknown> {
  const checkOut = checkOutOf(world, secret);
  const minutes = checkOut ? Math.ceil((checkOut.untilMs - world.nowMs()) / 60_000) : 0;
  return {
    checkOutMinutesRemaining: minutes,
    checkOutUserId: checkOut?.userId ?? NOBODY,
    checkOutUserDisplayName: checkOut ? (world.users.get(checkOut.userId)?.displayName ?? '') : '',
  };
}

export function itemOf(secret: Secret, field: TemplateField): Item | undefined {
  return secret.items.find(({ fieldId }) => fieldId === field.id);
}

/** `RestSecretItem`. The bytes of a file are read through the field's own address, never here. */
export function itemModel(field: TemplateField, item: Item | undefined): Record<string, unknown> {
  return {
    itemId: item?.itemId ?? 0,
    fieldId: field.id,
    fieldName: field.name,
    slug: field.slug,
    fieldDescription: '',
    itemValue: field.isFile ? '' : (item?.value ?? ''),
    isPassword: field.isPassword,
    isNotes: field.isNotes,
    isFile: field.isFile,
    isList: false,
    listType: 'None',
    fileAttachmentId: item?.file?.attachmentId ?? null,
    filename: item?.file?.name ?? null,
  };
}

/** `SecretSummary`: what a search shows, without values but the extended fields that were asked for. */
export function secretSummary(
  world: World,
  secret: Secret,
  extendedFields: readonly string[] = [],
): { name: string; id: number; [member: string]: unknown } {
  const checkOut = checkOutOf(world, secret);
  return {
    ...commonMembers(world, secret),
    id: secret.id,
    name: secret.name,
    lastAccessed: dateOf(secret.audits.findLast(({ action }) => action === 'VIEW')?.atMs),
    extendedFields: extendedValues(world, secret, extendedFields),
    checkOutEnabled: secret.flags.checkOutEnabled,
    autoChangeEnabled: secret.flags.autoChangeEnabled,
    doubleLockEnabled: secret.doubleLockPassword !== undefined,
    requiresApproval: secret.requiresApproval,
    requiresComment: secret.flags.requiresComment,
    inheritsPermissions: secret.flags.enableInheritPermissions,
    hidePassword: false,
    createDate: dateOf(secret.createdMs),
    daysUntilExpiration: secret.expired ? 0 : null,
    hasLauncher: false,
    checkOutUserId: checkOut?.userId ?? NOBODY,
    checkOutUserName: checkOut ? (world.users.get(checkOut.userId)?.username ?? null) : null,
  };
}

function extendedValues(world: World, secret: Secret, names: readonly string[]) {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return templateOf(world, secret)
    .fields.filter((field) => field.isIndexable && wanted.has(field.name.toLowerCase()))
    .map((field) => ({ name: field.name, value: itemOf(secret, field)?.value ?? '' }));
}

/** Writes down what a user did with a secret. */
export function audit(world: World, secret: Secret, user: User, action: string, notes = ''): void {
  secret.audits.push({ id: world.nextId(), action, userId: user.id, atMs: world.nowMs(), notes });
}
