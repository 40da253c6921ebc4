/** Groups of an account. Members are added and removed one by one: a list read earlier is never written back. */
import type { EstablishAccountInput } from '../../../contracts/activities.ts';
import { failure } from '../../failure.ts';
import { bytesOf, type AccountObject } from './account-object.ts';
import type { Controller } from './controllers.ts';
import { guidDn, guidToString, relativeId, sidToString } from './encodings.ts';
import { hasResult } from './ldap-error.ts';
import { commonName, equalsAny } from './names.ts';

/** A group as the directory knows it. */
export interface Group {
  readonly guid: string;
  readonly sid: string;
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
  const group = await readGroup(controller, dn);
  if (group) return group;
  throw failure(
    'DirectoryRejected',
    `The group ${commonName(dn)}, which ${account} should join, is not in the directory.`,
  );
}

/** The group with this GUID, wherever it is by now; `undefined` when it is gone. */
export async function findGroup(controller: Controller, guid: string): Promise<Group | undefined> {
  return readGroup(controller, guidDn(guid));
}

/** The group at `base`; `undefined` when there is none in this domain. */
export async function readGroup(controller: Controller, base: string): Promise<Group | undefined> {
  const filter = equalsAny('objectClass', ['group']);
  const attributes = ['objectGUID', 'objectSid'];
  const [entry] = await controller.search({ base, scope: 'base', filter, attributes }).catch((error: unknown) => {
    if (hasResult(error, 10, 32, 34)) return [];
    throw error;
  });
  const guid = entry && bytesOf(entry, 'objectGUID');
  const sid = entry && bytesOf(entry, 'objectSid');
  if (!guid || !sid) return undefined;
  const sidText = sidToString(sid);
  return { guid: guidToString(guid), sid: sidText, rid: relativeId(sidText), dn: entry.dn };
}

/** The groups that the account is in directly, its primary group aside. */
export async function resolveMemberships(controller: Controller, account: AccountObject): Promise<Group[]> {
  const groups = await Promise.all(account.memberOf.map((dn) => readGroup(controller, dn)));
  // One that was removed between the two reads is none any more, and one of another domain is not ours to leave.
  return groups.filter((group) => group !== undefined);
}

/** Asked of the server: names of groups change their spelling, and long lists come in parts. */
export async function isMemberOf(controller: Controller, account: AccountObject, group: Group): Promise<boolean> {
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
 * Bin must not come back with them. Answers the groups that it could not leave because others, or another domain, manage
 * them: when the object is deleted, it disappears from those too.
 */
export async function leaveGroups(controller: Controller, account: AccountObject): Promise<string[]> {
  const kept: string[] = [];
  for (const groupDn of account.memberOf) {
    const change = { operation: 'delete', type: 'member', values: [guidDn(account.guid)] } as const;
    await controller.modify(groupDn, [change]).catch((error: unknown) => {
      if (hasResult(error, 10, 50)) kept.push(groupDn);
      // Not a member any more, or the group is gone.
      else if (!hasResult(error, 16, 32, 53)) throw error;
    });
  }
  return kept;
}
