/** What stands between a user and a secret: rights, deletion, comment, check-out, approval, DoubleLock (docs.delinea.com, Secret Server REST API). */
import type { Arguments } from './arguments.ts';
import { folderAt, mayWithSecret, sameName, seesWholePath, stepsOf } from './permissions.ts';
import { DEFAULT_REQUIREMENT, generatePassword } from './passwords.ts';
import { accessDenied, coded, uncoded } from './refusals.ts';
import { audit, checkOutOf, templateOf } from './secret-views.ts';
import type { Secret, SecretRole, User, World } from './types.ts';
import { isAtLeast } from './versions.ts';

/** How long a given comment counts. The sources do not say; short is the stricter choice. */
const COMMENT_LIFE_MS = 30 * 60_000;

export interface Access {
  readonly world: World;
  readonly user: User;
  readonly query: Arguments;
  /** Members of the "restricted" operations, from the body. */
  readonly body: Arguments;
  /** A "restricted" operation: it checks the secret out by itself, unless told not to. */
  readonly restricted?: boolean;
}

/**
 * The secret of this id, or, from 11.0 on, of id 0 and the query's `secretPath`. Missing, forbidden and deleted are the
 * same refusal; `includeInactive` shows a deleted one, but nothing writes to it.
 */
export function findSecret(access: Access, id: string, role: SecretRole): Secret {
  const { world, user, query } = access;
  const path = isAtLeast(world, '11.0') ? query.text('secretPath') : undefined;
  const secret = id === '0' && path ? secretAt(world, user, path) : world.secrets.get(Number(id));
  if (!secret || !mayWithSecret(world, user, secret, role)) throw accessDenied();
  if (!secret.active && !showsDeleted(access, role)) throw accessDenied();
  return secret;
}

function showsDeleted({ world, query, body }: Access, role: SecretRole): boolean {
  if (role !== 'List' && role !== 'View') return false;
  const asked = query.flag('includeInactive') ?? body.flag('includeInactive') ?? false;
  return asked || world.settings.deletedSecretsReadable;
}

/** Two active secrets of one name under one path are ambiguous; the oldest answers. */
function secretAt(world: World, user: User, path: string): Secret | undefined {
  const steps = stepsOf(path);
  const name = steps.pop() ?? '';
  const folderId = steps.length === 0 ? -1 : folderAt(world, steps)?.id;
  if (folderId === undefined || !seesWholePath(world, user, folderId)) return undefined;
  return [...world.secrets.values()].find((secret) => {
    return secret.active && secret.folderId === folderId && sameName(secret.name, name);
  });
}

/**
 * The secret, with every restriction met: by `autoComment` and `autoCheckout` of the query, or by the restricted members
 * of the body. No source has the codes of check-out, approval and DoubleLock: those refusals have a message only, and
 * `/state` says which it is.
 */
export function openSecret(access: Access, id: string, role: SecretRole): Secret {
  const secret = findSecret(access, id, role);
  const state = stateOf(access, secret);
  switch (state) {
    case 'None':
      return secret;
    case 'RequiresApproval':
      throw uncoded('The requested Secret requires approval for access.');
    case 'RequiresDoubleLockPassword':
      throw uncoded('The requested Secret requires a DoubleLock password.');
    case 'RequiresComment':
      throw coded('API_ValidateSecretAccessCommentRequired', 'The requested Secret requires a comment when viewed.');
    case 'RequiresCheckoutPendingRPC':
      throw uncoded('The requested Secret waits for its password to change.');
    case 'CannotView':
      throw uncoded('The requested Secret is checked out by another user.');
    case 'RequiresCheckout':
    case 'RequiresCheckoutAndComment':
      throw uncoded('The requested Secret requires check out.');
  }
}

export type SecretState =
  | 'None'
  | 'RequiresApproval'
  | 'RequiresDoubleLockPassword'
  | 'RequiresComment'
  | 'RequiresCheckout'
  | 'RequiresCheckoutAndComment'
  | 'RequiresCheckoutPendingRPC'
  | 'CannotView';

/** What is still missing; meets what the arguments offer to meet on the way. */
function stateOf(access: Access, secret: Secret): SecretState {
  const { world, user, query, body } = access;
  const offered = (name: string) => query.flag(name) ?? body.flag(name) ?? false;
  const comment = body.text('comment') || query.text('autoComment');
  if (comment && secret.flags.requiresComment) leaveComment(world, user, secret, comment);
  if (offered('forceCheckIn') && checkOutOf(world, secret)) checkIn(access, secret);
  const state = missing(world, user, secret, body.text('doubleLockPassword'));
  const wanted = (offered('autoCheckout') || access.restricted === true) && !offered('noAutoCheckout');
  if (state !== 'RequiresCheckout' || !wanted) return state;
  checkOut(access, secret);
  return 'None';
}

/** The state of a secret for a user, nothing met on the way. */
export function missing(world: World, user: User, secret: Secret, doubleLockPassword?: string): SecretState {
  if (secret.requiresApproval && !secret.approvedUserIds.includes(user.id)) return 'RequiresApproval';
  const lock = secret.doubleLockPassword;
  if (lock !== undefined && lock !== doubleLockPassword) return 'RequiresDoubleLockPassword';
  const lacksComment = secret.flags.requiresComment && (secret.comments.get(user.id) ?? 0) <= world.nowMs();
  const holder = checkOutOf(world, secret)?.userId;
  if (!secret.flags.checkOutEnabled || holder === user.id) return lacksComment ? 'RequiresComment' : 'None';
  return missingCheckOut(secret, holder, lacksComment);
}

function missingCheckOut(secret: Secret, holder: number | undefined, lacksComment: boolean): SecretState {
  if (holder !== undefined) return 'CannotView';
  if (secret.pendingPassword) return 'RequiresCheckoutPendingRPC';
  return lacksComment ? 'RequiresCheckoutAndComment' : 'RequiresCheckout';
}

export function leaveComment(world: World, user: User, secret: Secret, comment: string): void {
  secret.comments.set(user.id, world.nowMs() + COMMENT_LIFE_MS);
  audit(world, secret, user, 'COMMENT', comment);
}

/** Takes a secret that nobody has, or keeps one's own. */
export function checkOut({ world, user }: Access, secret: Secret): void {
  const untilMs = world.nowMs() + secret.checkOutIntervalMinutes * 60_000;
  secret.checkOut = { userId: user.id, untilMs };
  audit(world, secret, user, 'CHECKOUT');
}

/** Gives a secret back; somebody else's only by force and by an owner. May start a change of the password. */
export function checkIn({ world, user, query, body }: Access, secret: Secret): void {
  const holder = checkOutOf(world, secret)?.userId;
  if (holder === undefined) throw uncoded('The Secret is not checked out.');
  const force = query.flag('forceCheckIn') ?? body.flag('forceCheckIn') ?? false;
  if (holder !== user.id && !(force && mayWithSecret(world, user, secret, 'Owner'))) throw accessDenied();
  delete secret.checkOut;
  audit(world, secret, user, 'CHECKIN');
  if (secret.flags.checkOutChangePasswordEnabled) queuePasswordChange(world, secret);
}

/** What the query's `autoCheckIn` asks for, once the work is done. */
export function giveBackWhenAsked(access: Access, secret: Secret): void {
  const own = checkOutOf(access.world, secret)?.userId === access.user.id;
  if (own && access.query.flag('autoCheckIn')) checkIn(access, secret);
}

/** Queues a change by the vendor's own machinery; a test says when and how it ends. */
export function queuePasswordChange(world: World, secret: Secret, newPassword?: string): void {
  const field = templateOf(world, secret).fields.find(({ isPassword }) => isPassword);
  secret.pendingPassword = { value: newPassword ?? generatePassword(field?.requirement ?? DEFAULT_REQUIREMENT) };
}
