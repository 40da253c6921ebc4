/** Where accounts are in the directory, and moving them from one OU to another. */
import { failure } from '../../failure.ts';
import { writeWhileMarked } from './account-control.ts';
import { readByGuid, type AccountObject, type ManagedDomain } from './account-object.ts';
import type { Controller } from './controllers.ts';
import { guidDn } from './encodings.ts';
import { hasResult } from './ldap-error.ts';
import { readBackMismatch } from './log-on.ts';
import { childDn, commonName, isBelow, isSameDn, parentDn } from './names.ts';

/** Whether accounts in this OU are the engine's to touch. */
export function isManagedOu(ou: string, { managedOus }: ManagedDomain): boolean {
  return managedOus.some((managed) => isSameDn(ou, managed) || isBelow(ou, managed));
}

/** Throws, in words, unless an account can be moved to `ou`: before anything is changed. */
export async function assertDestination(
  controller: Controller,
  ou: string,
  { samAccountName }: { readonly samAccountName: string },
  domain: ManagedDomain,
): Promise<void> {
  if (!isManagedOu(ou, domain)) {
    const message = `${samAccountName} cannot be moved to ${ou}: it is not an OU that the engine manages (ALM_MANAGED_OUS).`;
    throw failure('DirectoryAccessDenied', message);
  }
  if (await exists(controller, ou)) return;
  const message = `${samAccountName} cannot be moved to ${ou}, which is not in the directory. Make that OU, with the delegation for the engine, and resume.`;
  throw failure('DirectoryRejected', message);
}

async function exists(controller: Controller, dn: string): Promise<boolean> {
  try {
    return (await controller.search({ base: dn, scope: 'base', attributes: ['objectGUID'] })).length > 0;
  } catch (error) {
    if (hasResult(error, 32, 34)) return false;
    throw error;
  }
}

/** Moves the account to `ou` under the name that it has. There already: nothing is written. */
export async function moveTo(controller: Controller, account: AccountObject, ou: string): Promise<void> {
  if (isSameDn(parentDn(account.dn), ou)) return;
  const name = account.samAccountName ?? account.guid;
  // A move has no guard of its own: the mark is proved in the write right before it.
  await writeWhileMarked(controller, account, []);
  try {
    await controller.modifyDn(guidDn(account.guid), childDn(commonName(account.dn), ou));
  } catch (error) {
    if (!hasResult(error, 68)) throw error;
    const message = `${name} cannot be moved to ${ou}: another object there has the name ${commonName(account.dn)}. Rename or remove that one and resume.`;
    throw failure('DirectoryNameConflict', message);
  }
  const after = await readByGuid(controller, account.guid);
  if (!after || !isSameDn(parentDn(after.dn), ou)) throw readBackMismatch(name, 'distinguishedName');
}
