/** Enabling, disabling and ending accounts: read, change, write, read back. */
import type { AccountObjectInput, ApplyDescriptionInput, ApplyExpiryInput } from '../../../contracts/activities.ts';
import { failure } from '../../failure.ts';
import { assertManageable, findAccount, readByGuid, type AccountObject, type ManagedDomain } from './account-object.ts';
import type { LdapChange } from './connection.ts';
import type { Controller } from './controllers.ts';
import { ACCOUNT_DISABLED, cleanDescription, isSameControl, isSameExpiry } from './desired-account.ts';
import { guidDn, toFileTime } from './encodings.ts';
import { hasResult } from './ldap-error.ts';
import { readBackMismatch } from './log-on.ts';

/** The account, checked to be ours and manageable; DirectoryObjectMissing when it is not on this controller. */
export async function requireAccount(
  controller: Controller,
  input: AccountObjectInput,
  domain: ManagedDomain,
): Promise<AccountObject> {
  const account = await findAccount(controller, input, domain);
  if (!account) throw missingAccount(input.samAccountName);
  assertManageable(account, input, domain);
  return account;
}

export function missingAccount(samAccountName: string): Error {
  const message = `${samAccountName} is no longer in the directory. Restore it and resume, or retire it here.`;
  return failure('DirectoryObjectMissing', message);
}

/**
 * Writes `changes`, which may be none, only while the object has the mark that it was read with: the same write takes the
 * mark away and puts it back. DirectoryReadBackMismatch when it has another one; the next look tells whose it is now.
 */
export async function writeWhileMarked(
  controller: Controller,
  { guid, marker, samAccountName }: AccountObject,
  changes: readonly LdapChange[],
): Promise<void> {
  const values = [marker ?? ''];
  try {
    await controller.modify(guidDn(guid), [
      { operation: 'delete', type: 'info', values },
      { operation: 'add', type: 'info', values },
      ...changes,
    ]);
  } catch (error) {
    if (!hasResult(error, 16)) throw error;
    const message = `The mark of ${samAccountName ?? guid} in the directory changed a moment ago, so nothing was written. It is looked at again.`;
    throw failure('DirectoryReadBackMismatch', message, { what: 'info' });
  }
}

/** Clears or sets ACCOUNTDISABLE and leaves the other bits. Refuses to enable an account that has no password. */
export async function setEnabled(controller: Controller, account: AccountObject, enabled: boolean): Promise<void> {
  const name = account.samAccountName ?? account.guid;
  const before = account.userAccountControl;
  const wanted = enabled ? before & ~ACCOUNT_DISABLED : before | ACCOUNT_DISABLED;
  if (enabled && account.pwdLastSet === 0n) {
    throw failure('DirectoryRejected', `${name} has no password, so it is not enabled. Set one and resume.`);
  }
  if (wanted === before) return;
  await writeWhileMarked(controller, account, [
    { operation: 'replace', type: 'userAccountControl', values: [String(wanted)] },
  ]);
  const after = await readByGuid(controller, account.guid);
  if (!after || !isSameControl(after.userAccountControl, wanted)) throw readBackMismatch(name, 'userAccountControl');
}

/** Writes `accountExpires` unless it says so already. */
export async function applyExpiry(
  controller: Controller,
  account: AccountObject,
  expiresAt: ApplyExpiryInput['expiresAt'],
): Promise<void> {
  const wanted = toFileTime(expiresAt === null ? null : new Date(expiresAt));
  if (isSameExpiry(account.accountExpires, wanted)) return;
  await writeWhileMarked(controller, account, [{ operation: 'replace', type: 'accountExpires', values: [wanted] }]);
  const after = await readByGuid(controller, account.guid);
  if (!after || !isSameExpiry(after.accountExpires, wanted)) {
    throw readBackMismatch(account.samAccountName ?? account.guid, 'accountExpires');
  }
}

/** Writes `description`, or clears it for `null`, unless it says so already. */
export async function applyDescription(
  controller: Controller,
  account: AccountObject,
  description: ApplyDescriptionInput['description'],
): Promise<void> {
  const wanted = cleanDescription(description);
  if (account.description === wanted) return;
  const values = wanted === null ? [] : [wanted];
  await writeWhileMarked(controller, account, [{ operation: 'replace', type: 'description', values }]);
  const after = await readByGuid(controller, account.guid);
  if (!after || after.description !== wanted) {
    throw readBackMismatch(account.samAccountName ?? account.guid, 'description');
  }
}
