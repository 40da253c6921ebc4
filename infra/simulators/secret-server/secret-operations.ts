/** Check-out and check-in, comments, state, audit, password changes, heartbeat, expiry (docs.delinea.com, Secret Server REST API). */
import { Router } from 'express';
import { pageOf } from './paging.ts';
import { FOLDER_ROLES, SECRET_ROLES, type Secret, type User, type World } from './types.ts';
import { mayInFolder, mayWithSecret } from './permissions.ts';
import { invalid, uncoded } from './refusals.ts';
import { answers, since, type Call } from './routing.ts';
import {
  checkIn,
  checkOut,
  findSecret,
  leaveComment,
  missing,
  openSecret,
  queuePasswordChange,
} from './secret-access.ts';
import { audit, checkOutOf, dateOf, secretSummary, templateOf } from './secret-views.ts';

export function secretOperationRoutes(world: World): Router {
  const router = Router();
  const post = (name: string, work: (call: Call) => unknown) => {
    router.post(`/v1/secrets/:id/${name}`, answers(world, work));
  };
  post('check-out', takeOut);
  post('check-in', giveBack);
  post('extend-check-out', extend);
  post('change-password', changePassword);
  post('stop-password-change', stopPasswordChange);
  post('heartbeat', heartbeat);
  post('expire', expire);
  router.get('/v1/secrets/:id/state', answers(world, state));
  router.get('/v1/secrets/:id/audits', answers(world, since('10.9.000032', audits)));
  router.post('/v1/secret-access-requests/secrets/:id/view-comment', answers(world, viewComment));
  return router;
}

/** Checking out needs the comment first, where one is required. */
function takeOut(call: Call) {
  const secret = findSecret(call, call.param('id'), 'View');
  if (!secret.flags.checkOutEnabled) throw uncoded('The Secret does not have check out enabled.');
  if (missing(call.world, call.user, secret) === 'RequiresCheckout') checkOut(call, secret);
  else openSecret(call, call.param('id'), 'View');
  return { responseCodes: [] };
}

function giveBack(call: Call) {
  const secret = findSecret(call, call.param('id'), 'View');
  checkIn(call, secret);
  return secretSummary(call.world, secret);
}

function extend(call: Call) {
  const secret = findSecret(call, call.param('id'), 'View');
  if (checkOutOf(call.world, secret)?.userId !== call.user.id) throw uncoded('The Secret is not checked out by you.');
  checkOut(call, secret);
  return { responseCodes: [] };
}

function viewComment(call: Call) {
  const secret = findSecret(call, call.param('id'), 'View');
  const comment = call.body.text('comment')?.trim();
  if (!comment) throw invalid('comment', 'The comment is required.');
  leaveComment(call.world, call.user, secret, comment);
  return { responseCodes: [] };
}

/** Success means queued. A template without a changer is refused: the sources do not say what the vendor does. */
function changePassword(call: Call) {
  const { world, user } = call;
  const secret = openSecret({ ...call, restricted: true }, call.param('id'), 'Edit');
  if (!templateOf(world, secret).hasPasswordChanger) throw uncoded('The template has no password changer.');
  if (secret.pendingPassword) throw uncoded('A password change is pending.');
  queuePasswordChange(world, secret, call.body.text('newPassword') || undefined);
  audit(world, secret, user, 'PASSWORD CHANGE QUEUED');
  return secretSummary(world, secret);
}

function stopPasswordChange(call: Call) {
  const secret = findSecret(call, call.param('id'), 'Edit');
  const pending = secret.pendingPassword !== undefined;
  delete secret.pendingPassword;
  return { success: pending };
}

function heartbeat(call: Call) {
  const secret = findSecret(call, call.param('id'), 'View');
  secret.lastHeartBeatStatus = 'Pending';
  return { success: true };
}

function expire(call: Call) {
  const secret = findSecret(call, call.param('id'), 'Edit');
  secret.expired = true;
  return secretSummary(call.world, secret);
}

function state(call: Call) {
  const { world, user } = call;
  // Also for a deleted secret: that is what RequiresUndelete is for. It needs Owner, as undeleting does.
  const known = world.secrets.get(Number(call.param('id')));
  const deleted = known !== undefined && !known.active && mayWithSecret(world, user, known, 'Owner');
  const secret = deleted ? known : findSecret(call, call.param('id'), 'List');
  const holder = checkOutOf(world, secret);
  return {
    id: secret.id,
    secretName: secret.name,
    folderId: secret.folderId,
    folderName: world.folders.get(secret.folderId)?.name ?? '',
    isActive: secret.active,
    isCheckedOut: holder !== undefined,
    isCheckedOutByCurrentUser: holder?.userId === user.id,
    checkOutIntervalMinutes: secret.checkOutIntervalMinutes,
    checkOutMinutesRemaining: holder ? Math.ceil((holder.untilMs - world.nowMs()) / 60_000) : 0,
    passwordChangePending: secret.pendingPassword !== undefined,
    role: SECRET_ROLES.findLast((role) => mayWithSecret(world, user, secret, role)) ?? 'None',
    actions: actionsOf(world, user, secret),
    secretState: secret.active ? missing(world, user, secret) : 'RequiresUndelete',
  };
}

function actionsOf(world: World, user: User, secret: Secret): string[] {
  const folder = world.folders.get(secret.folderId);
  const inFolder = folder ? FOLDER_ROLES.filter((role) => mayInFolder(world, user, folder, role)) : [];
  return [
    ...(mayWithSecret(world, user, secret, 'Edit') ? ['Edit'] : []),
    ...(mayWithSecret(world, user, secret, 'Owner') ? ['Delete', 'EditShare'] : []),
    ...(inFolder.includes('Add Secret') ? ['Copy'] : []),
  ];
}

function audits(call: Call) {
  const { world } = call;
  const secret = findSecret(call, call.param('id'), 'View');
  const records = secret.audits.map((entry) => ({
    id: entry.id,
    action: entry.action,
    actionForDisplay: entry.action,
    byUserDisplayName: world.users.get(entry.userId)?.displayName ?? '',
    username: world.users.get(entry.userId)?.username ?? '',
    dateRecorded: dateOf(entry.atMs),
    notes: entry.notes,
    ticketNumber: null,
  }));
  return pageOf(records, call.query, 'id');
}
