/**
 * Retirement that can be undone: what an account is like is captured, then it is disabled, taken out of its groups and
 * put away; an undo puts all of it back. Every step reads before it writes, so that an attempt resumes wherever the one
 * before ended.
 */
import type {
  AccountObjectInput,
  DirectoryObject,
  QuarantineAccountInput,
  RestoreAccountInput,
} from '../../../contracts/activities.ts';
import type { CapturedObject } from '../../../contracts/account.ts';
import { applyExpiry, requireAccount, setEnabled } from './account-control.ts';
import type { AccountObject, ManagedDomain } from './account-object.ts';
import type { Controller } from './controllers.ts';
import { ACCOUNT_DISABLED } from './desired-account.ts';
import { fromFileTime } from './encodings.ts';
import { readBackMismatch } from './log-on.ts';
import { findGroup, isMemberOf, joinGroup, leaveGroups, resolveMemberships, type Group } from './memberships.ts';
import { parentDn } from './names.ts';
import { assertDestination, moveTo } from './placement.ts';
import { hasResult } from './ldap-error.ts';

export interface QuarantineContext {
  readonly domain: ManagedDomain;
  /** Tells the step that begins; throws when the operation is to be given up. */
  readonly report: (step: string) => void;
}

/** The last year that an instant of the contracts can say; AD knows later ones, which are as good as never. */
const LAST_YEAR = 9999;

/** What {@link restore} needs to put the account back. Reads only. The primary group is no membership: it stays. */
export async function capture(
  controller: Controller,
  input: AccountObjectInput,
  { domain, report }: QuarantineContext,
): Promise<CapturedObject> {
  report('capture');
  const account = await requireAccount(controller, input, domain);
  const groups = await resolveMemberships(controller, account);
  return {
    enabled: (account.userAccountControl & ACCOUNT_DISABLED) === 0,
    organizationalUnit: parentDn(account.dn),
    groups: groups.map(({ guid, dn }) => ({ objectGuid: guid, distinguishedName: dn })),
    accountExpires: expiryOf(account),
  };
}

function expiryOf({ accountExpires }: AccountObject): string | null {
  const instant = fromFileTime(accountExpires);
  return instant === null || instant.getUTCFullYear() > LAST_YEAR ? null : instant.toISOString();
}

/** Disabled, out of its groups as far as the engine's rights go, and in the retirement OU if there is one. */
export async function quarantine(
  controller: Controller,
  input: QuarantineAccountInput,
  { domain, report }: QuarantineContext,
): Promise<DirectoryObject> {
  const ou = input.retirementOrganizationalUnit;
  report('look');
  const account = await requireAccount(controller, input, domain);
  if (ou !== null) await assertDestination(controller, ou, input, domain);
  const again = (): Promise<AccountObject> =>
    requireAccount(controller, { ...input, objectGuid: account.guid }, domain);
  report('disable');
  await setEnabled(controller, account, false);
  report('groups');
  const kept = await leaveGroups(controller, account);
  report('move');
  const stripped = await again();
  if (stripped.memberOf.some((group) => !kept.includes(group)))
    throw readBackMismatch(input.samAccountName, 'memberOf');
  if (ou !== null) await moveTo(controller, stripped, ou);
  return toDirectoryObject(await again());
}

/** The account as it was captured. The enabled bit comes last: until then nobody can use what is half put back. */
export async function restore(
  controller: Controller,
  input: RestoreAccountInput,
  { domain, report }: QuarantineContext,
): Promise<DirectoryObject & { readonly missingGroups: readonly string[] }> {
  const { captured } = input;
  report('look');
  const account = await requireAccount(controller, input, domain);
  await assertDestination(controller, captured.organizationalUnit, input, domain);
  const again = (): Promise<AccountObject> =>
    requireAccount(controller, { ...input, objectGuid: account.guid }, domain);
  report('move');
  await moveTo(controller, account, captured.organizationalUnit);
  report('groups');
  const missingGroups = await rejoin(controller, await again(), captured.groups);
  report('expiry');
  await applyExpiry(controller, await again(), captured.accountExpires);
  report('enable');
  await setEnabled(controller, await again(), captured.enabled);
  return { ...toDirectoryObject(await again()), missingGroups };
}

/** Joins the groups that there still are, and answers the names of the others. */
async function rejoin(
  controller: Controller,
  account: AccountObject,
  captured: CapturedObject['groups'],
): Promise<string[]> {
  const missing: string[] = [];
  for (const { objectGuid, distinguishedName } of captured) {
    const group = await findGroup(controller, objectGuid);
    if (!group || !(await joinIfThere(controller, account, group))) missing.push(distinguishedName);
  }
  return missing;
}

/** `false`: the group went away at this moment. */
async function joinIfThere(controller: Controller, account: AccountObject, group: Group): Promise<boolean> {
  if (await isMemberOf(controller, account, group)) return true;
  try {
    await joinGroup(controller, group, account.guid);
  } catch (error) {
    if (!hasResult(error, 32) || (await findGroup(controller, group.guid))) throw error;
    return false;
  }
  if (await isMemberOf(controller, account, group)) return true;
  throw readBackMismatch(account.samAccountName ?? account.guid, 'memberOf');
}

function toDirectoryObject({ guid, sid, dn }: AccountObject): DirectoryObject {
  return { objectGuid: guid, objectSid: sid ?? '', distinguishedName: dn };
}
