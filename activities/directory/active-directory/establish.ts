/**
 * Making an account. Every step reads before it writes, so that an attempt resumes wherever the one before ended: after
 * the add, the object is found by the marker that was in it; the last write swaps the marker and enables in one.
 */
import type { DirectoryObject, EstablishAccountInput } from '../../../contracts/activities.ts';
import { accountMarker, provisioningMarker } from '../../../contracts/ids.ts';
import { samAccountNameProblem } from '../../../contracts/naming.ts';
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';
import { failure } from '../../failure.ts';
import {
  assertManageable,
  findByNames,
  isMarkedAs,
  readByDn,
  readByGuid,
  type AccountObject,
  type ManagedDomain,
} from './account-object.ts';
import type { LdapAttribute } from './connection.ts';
import type { Controller } from './controllers.ts';
import {
  desiredAccount,
  differingAttributes,
  DISABLED_ACCOUNT,
  ENABLED_ACCOUNT,
  isSameControl,
  offeredAttributeProblem,
} from './desired-account.ts';
import { encodePassword, guidDn } from './encodings.ts';
import { hasResult, LdapError } from './ldap-error.ts';
import { logOnProblem, readBackMismatch } from './log-on.ts';
import { findMissingGroups, joinGroup } from './memberships.ts';
import { childDn } from './names.ts';
import { alignPasswordRight, hasPasswordRight } from './password-right.ts';
import { isManagedOu } from './placement.ts';
import type { UnsettledAdds } from './unsettled-adds.ts';

export interface EstablishContext {
  readonly domain: ManagedDomain;
  readonly unsettled: UnsettledAdds;
  readonly now: () => number;
  /** Tells the step that begins on `controller`; throws when the operation is to be given up. */
  readonly report: (step: string) => void;
}

interface Task {
  readonly controller: Controller;
  readonly input: EstablishAccountInput;
  readonly password: Sensitive<string>;
  readonly context: EstablishContext;
}

/** Makes the account on this controller, or finishes what an earlier attempt began. Rejects with LdapErrors too. */
export async function establish(
  controller: Controller,
  input: EstablishAccountInput,
  password: Sensitive<string>,
  context: EstablishContext,
): Promise<DirectoryObject> {
  assertAcceptable(input, context.domain);
  const task = { controller, input, password, context };
  context.report('look');
  const found = await findOurs(task);
  const guid = found ? found.guid : await add(task);
  if (found) await setPasswordAgain(task, found);
  await complete(task, guid);
  await enable(task, guid);
  await proveLogOn(task);
  context.unsettled.settle(input.accountId);
  const { sid, dn } = await readBack(task, guid);
  return { objectGuid: guid, objectSid: sid ?? '', distinguishedName: dn };
}

/** Servers take more than they should: the limits are checked here, before anything is written. */
function assertAcceptable(input: EstablishAccountInput, domain: ManagedDomain): void {
  const problem = samAccountNameProblem(input.samAccountName);
  if (problem) throw failure('DirectoryRejected', `The name ${input.samAccountName} ${problem}.`);
  const attributeProblem = offeredAttributeProblem(input.attributes);
  if (attributeProblem) throw failure('DirectoryRejected', `${input.samAccountName} ${attributeProblem}.`);
  if (isManagedOu(input.organizationalUnit, domain)) return;
  const message = `The OU of the template of ${input.samAccountName} is not one that the engine manages (ALM_MANAGED_OUS).`;
  throw failure('DirectoryAccessDenied', message);
}

/** The object of an earlier attempt, if there is one. Somebody else's object under our names is a conflict. */
async function findOurs({ controller, input, context }: Task): Promise<AccountObject | undefined> {
  const userPrincipalName = desiredAccount(input, context.domain.fqdn).userPrincipalName;
  const { samAccountName } = input;
  const [object, ...others] = await findByNames(controller, context.domain, { samAccountName, userPrincipalName });
  if (object === undefined) return undefined;
  // Two controllers may both have taken an add; the loser of the replication is renamed to CNF:<guid>.
  if (others.length > 0 || object.dn.includes('CNF:') || !isMarkedAs(object, input.accountId)) throw conflict(input);
  assertManageable(object, input, context.domain);
  return object;
}

function conflict({ samAccountName }: EstablishAccountInput): Error {
  const message = `An object that is not ours has the name ${samAccountName} in the directory. Rename or remove it and resume, or withdraw the request.`;
  return failure('DirectoryNameConflict', message);
}

/** One atomic add: disabled, with password and marker. Answers the new object's GUID. */
async function add(task: Task): Promise<string> {
  const { controller, input, password, context } = task;
  const unsettled = context.unsettled.find(input.accountId);
  if (unsettled && unsettled.controller !== controller.url) {
    const message = `The domain controller that may have made ${input.samAccountName} does not answer, and this one does not know the account yet. It is looked for again.`;
    throw failure('DirectoryUnavailable', message);
  }
  context.unsettled.note(input.accountId, { controller: controller.url, at: context.now() });
  context.report('add');
  const unicodePwd = encodePassword(password.reveal());
  try {
    await controller.add(childDn(input.samAccountName, input.organizationalUnit), [
      ...newObject(input, context.domain.fqdn),
      { type: 'unicodePwd', values: [unicodePwd] },
    ]);
  } catch (error) {
    const found = await afterRefusedAdd(task, error);
    await setPasswordAgain(task, found);
    return found.guid;
  } finally {
    unicodePwd.fill(0);
  }
  // An add answers no GUID, and another controller may have taken the same name at the same time.
  const added = await findOurs(task);
  if (!added) throw readBackMismatch(input.samAccountName, 'the new object');
  return added.guid;
}

function newObject(input: EstablishAccountInput, fqdn: string): LdapAttribute[] {
  return [
    { type: 'objectClass', values: ['top', 'person', 'organizationalPerson', 'user'] },
    { type: 'sAMAccountName', values: [input.samAccountName] },
    { type: 'userAccountControl', values: [String(DISABLED_ACCOUNT)] },
    { type: 'info', values: [provisioningMarker(input.accountId)] },
    ...differingAttributes(desiredAccount(input, fqdn), null),
  ];
}

/** "Already exists" may be our own add whose answer was lost; anything else that the server answers is final. */
async function afterRefusedAdd(task: Task, error: unknown): Promise<AccountObject> {
  const { controller, input, context } = task;
  if (!(error instanceof LdapError) || error.resultCode === null) throw error;
  if (hasResult(error, 68)) {
    const found = await findOurs(task);
    if (found) return found;
    // Ours by the place, though somebody gave it another logon name: attributes cannot mend that.
    const namesake = await readByDn(controller, childDn(input.samAccountName, input.organizationalUnit));
    if (namesake && isMarkedAs(namesake, input.accountId)) {
      throw failure(
        'DirectoryObjectForeign',
        `Somebody renamed ${input.samAccountName} in the directory while it was made.`,
      );
    }
  }
  context.unsettled.settle(input.accountId);
  // Samba's way to say that another account has the user principal name.
  const nameTaken = hasResult(error, 68) || (hasResult(error, 19) && error.win32 === '0000202F');
  if (nameTaken) throw conflict(input);
  if (hasResult(error, 32)) {
    const message = `The OU for ${input.samAccountName} is not in the directory. Make it and resume, or withdraw the request.`;
    throw failure('DirectoryRejected', message);
  }
  throw error;
}

/** An object that returns may have the password of an earlier staging, and may be locked by a log-on that failed. */
async function setPasswordAgain({ controller, password, context }: Task, { guid }: AccountObject): Promise<void> {
  context.report('password');
  const unicodePwd = encodePassword(password.reveal());
  try {
    await controller.modify(guidDn(guid), [
      { operation: 'replace', type: 'unicodePwd', values: [unicodePwd] },
      { operation: 'replace', type: 'lockoutTime', values: ['0'] },
    ]);
  } finally {
    unicodePwd.fill(0);
  }
}

/** Writes what is missing, then reads all of it back and compares. */
async function complete(task: Task, guid: string): Promise<void> {
  const { controller, input, context } = task;
  const { samAccountName } = input;
  const desired = desiredAccount(input, context.domain.fqdn);
  context.report('attributes');
  const changes = differingAttributes(desired, await readBack(task, guid));
  if (changes.length > 0) {
    await controller.modify(
      guidDn(guid),
      changes.map((change) => ({ operation: 'replace', ...change })),
    );
  }
  context.report('password-right');
  await alignPasswordRight(controller, guid, input.mayChangePassword);
  context.report('groups');
  for (const group of await findMissingGroups(controller, await readBack(task, guid), input)) {
    await joinGroup(controller, group, guid);
  }

  context.report('compare');
  const object = await readBack(task, guid);
  const [difference] = differingAttributes(desired, object);
  if (difference) throw readBackMismatch(samAccountName, difference.type);
  if (!(await hasPasswordRight(controller, guid, input.mayChangePassword))) {
    throw readBackMismatch(samAccountName, 'nTSecurityDescriptor');
  }
  if ((await findMissingGroups(controller, object, input)).length > 0)
    throw readBackMismatch(samAccountName, 'memberOf');
}

/** Swaps the marker and enables in one guarded write. Not before there is a password: Samba would let us. */
async function enable(task: Task, guid: string): Promise<void> {
  const { controller, input, context } = task;
  const done = accountMarker(input.accountId);
  context.report('enable');
  const before = await readBack(task, guid);
  if (before.marker === done && isSameControl(before.userAccountControl, ENABLED_ACCOUNT)) return;
  const hasPassword = before.pwdLastSet !== 0n;
  try {
    await controller.modify(guidDn(guid), [
      { operation: 'delete', type: 'info', values: [before.marker ?? ''] },
      { operation: 'add', type: 'info', values: [done] },
      // Some controllers want a reset password changed at the first log-on; nobody would be there to do it.
      ...(hasPassword ? [] : ([{ operation: 'replace', type: 'pwdLastSet', values: ['-1'] }] as const)),
      { operation: 'replace', type: 'userAccountControl', values: [String(ENABLED_ACCOUNT)] },
    ]);
  } catch (error) {
    // The marker is another one by now: an earlier attempt's write arrived. What counts is what is there.
    if (!hasResult(error, 16)) throw error;
  }
  const after = await readBack(task, guid);
  if (after.marker !== done) throw readBackMismatch(input.samAccountName, 'info');
  if (after.pwdLastSet === 0n) throw readBackMismatch(input.samAccountName, 'pwdLastSet');
  if (!isSameControl(after.userAccountControl, ENABLED_ACCOUNT)) {
    throw readBackMismatch(input.samAccountName, 'userAccountControl');
  }
}

/** One log-on, on the controller that took the writes: others do not know the password yet. */
async function proveLogOn({ controller, input, password, context }: Task): Promise<void> {
  context.report('log-on');
  const name = desiredAccount(input, context.domain.fqdn).userPrincipalName;
  try {
    await controller.logOn({ name, password });
  } catch (error) {
    const problem = logOnProblem(error, input, context.now());
    if (problem) throw problem;
  }
}

/** The object as it is now; it must still be ours. */
async function readBack({ controller, input, context }: Task, guid: string): Promise<AccountObject> {
  const object = await readByGuid(controller, guid);
  if (!object) throw readBackMismatch(input.samAccountName, 'the object');
  assertManageable(object, input, context.domain);
  return object;
}
