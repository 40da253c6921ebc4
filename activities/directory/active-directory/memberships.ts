/** Groups of an account. Members are added and removed one by one: a list read earlier is never written back. */
import type { EstablishAccountInput } from '../../../contracts/activities.ts';
import { failure } from '../../failure.ts';
import { bytesOf, type AccountObject } from './account-object.ts';
import type { Controller } from './controllers.ts';
import { guidDn, guidToString, relativeId, sidToString } from './encodings.ts';
import { hasResult } from './ldap-error.ts';
import { commonName, equalsAny } from './names.ts';

/** A group of the template as the directory knows it. */
export interface Group {
  readonly guid: string;
  readonly rid: number;
  /** As the server spells it. */
  readonly dn: string;
}

/** The groups of the input in which `account` is not. A group that does not exist: DirectoryRejected. */
export async function findMissingGroups(
  controller: Controller,
  account: AccountObject,
  input: EstablishAccountInput,
): Promise<Group[]> {
  const groups = await Promise.all(input.groups.map((dn) => resolveGroup(controller, dn, input.samAccountName)));
  const isMember = await Promise.all(groups.map((group) => isMemberOf(controller, account, group)));
  return groups.filter((_group, index) => !isMember[index]);
}

async function resolveGroup(controller: Controller, dn: string, account: string): Promise<Group> {
  const filter = equalsAny('objectClass', ['group']);
  const attributes = ['objectGUID', 'objectSid'];
  const [entry] = await controller.search({ base: dn, scope: 'base', filter, attributes }).catch((error: unknown) => {
    if (hasResult(error, 32, 34)) return [];
    throw error;
  });
  const guid = entry && bytesOf(entry, 'objectGUID');
  const sid = entry && bytesOf(entry, 'objectSid');
  if (!guid || !sid) {
    throw failure(
      'DirectoryRejected',
      `The group ${commonName(dn)}, which ${account} should join, is not in the directory.`,
    );
  }
  return { guid: guidToString(guid), rid: relativeId(sidToString(sid)), dn: entry.dn };
}

/** Asked of the server: names of groups change their spelling, and long lists come in parts. */
async function isMemberOf(controller: Controller, account: AccountObject, group: Group): Promise<boolean> {
  if (account.primaryGroupId === group.rid) return true;
  const filter = equalsAny('memberOf', [group.dn]);
  const request = { base: guidDn(account.guid), scope: 'base', filter, attributes: ['objectGUID'] } as const;
  return (await controller.search(request)).length > 0;
}

/** Adds the account to the group. In it already: success. */
export async function joinGroup(controller: Controller, group: Group, accountGuid: string): Promise<void> {
  const change = { operation: 'add', type: 'member', values: [guidDn(accountGuid)] } as const;
  await controller.modify(guidDn(group.guid), [change]).catch((error: unknown) => {
    if (!hasResult(error, 68)) throw error;
  });
}

/**
 * Takes the account out of every group it is in, as far as the engine's rights go: an object restored from the Recycle
 * Bin must not come back with them. What is left disappears with the object.
 */
export async function leaveGroups(controller: Controller, account: AccountObject): Promise<void> {
  for (const groupDn of account.memberOf) {
    const change = { operation: 'delete', type: 'member', values: [guidDn(account.guid)] } as const;
    await controller.modify(groupDn, [change]).catch((error: unknown) => {
      // Not a member any more, the group is gone, or a group that others manage.
      if (!hasResult(error, 16, 32, 50, 53)) throw error;
    });
  }
}
