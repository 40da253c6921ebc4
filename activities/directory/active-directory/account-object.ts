/** Reading accounts, and telling ours from everybody else's. */
import { OrFilter, type Filter } from 'ldapts';
import type { AccountObjectInput } from '../../../contracts/activities.ts';
import { accountMarker, provisioningMarker } from '../../../contracts/ids.ts';
import { OFFERED_ATTRIBUTES } from '../../../contracts/template.ts';
import { failure } from '../../failure.ts';
import type { LdapEntry } from './connection.ts';
import type { Controller } from './controllers.ts';
import { showDeleted } from './controls.ts';
import { guidDn, guidToString, relativeId, sidToString } from './encodings.ts';
import { hasResult } from './ldap-error.ts';
import { equalsAny, isBelow } from './names.ts';

/** The facts about one domain that every operation needs. */
export interface ManagedDomain {
  readonly fqdn: string;
  /** The head of its naming context. */
  readonly baseDn: string;
  /** The engine touches objects below these only. */
  readonly managedOus: readonly string[];
}

/** An object as it was read. Attributes that are absent are `null`; numbers are 0. */
export interface AccountObject {
  readonly guid: string;
  readonly sid: string | null;
  readonly dn: string;
  readonly classes: readonly string[];
  readonly samAccountName: string | null;
  readonly userPrincipalName: string | null;
  readonly description: string | null;
  /** What templates may offer, by LDAP name; an absent attribute has no key. */
  readonly offered: Readonly<Record<string, string>>;
  /** `info`: the proof of whose it is. */
  readonly marker: string | null;
  readonly userAccountControl: number;
  /** As FILETIME text. */
  readonly accountExpires: string;
  readonly pwdLastSet: bigint;
  readonly encryptionTypes: number;
  readonly primaryGroupId: number;
  readonly isCritical: boolean;
  readonly adminCount: number;
  readonly isDeleted: boolean;
  readonly memberOf: readonly string[];
  /** All effective groups; only {@link readByGuid} can ask for them. */
  readonly tokenGroups: readonly string[];
}

export interface AccountRef {
  readonly accountId: string;
  readonly samAccountName: string;
}

const ATTRIBUTES = [
  ...['objectGUID', 'objectSid', 'objectClass', 'sAMAccountName', 'userPrincipalName', 'description', 'info'],
  ...['userAccountControl', 'accountExpires', 'pwdLastSet', 'msDS-SupportedEncryptionTypes', 'primaryGroupID'],
  ...['isCriticalSystemObject', 'adminCount', 'isDeleted', 'memberOf', ...OFFERED_ATTRIBUTES],
];

/** Domain Admins, Controllers, Schema Admins, Enterprise Admins, GPO creators, Read-only Controllers, Key Admins. */
const PROTECTED_RIDS = new Set([512, 516, 518, 519, 520, 521, 526, 527]);
const PROTECTED_BUILTIN = /^S-1-5-32-(?:544|548|549|550|551|552)$/;

/** The first number that a domain gives to principals of its own; below are the built-in ones. */
const FIRST_OWN_RID = 1000;

/** The first value of `attribute` as text. */
export function textOf(entry: LdapEntry, attribute: string): string | null {
  return entry.attributes[attribute.toLowerCase()]?.[0]?.toString('utf8') ?? null;
}

export function textsOf(entry: LdapEntry, attribute: string): string[] {
  return (entry.attributes[attribute.toLowerCase()] ?? []).map((value) => value.toString('utf8'));
}

export function bytesOf(entry: LdapEntry, attribute: string): Buffer | null {
  return entry.attributes[attribute.toLowerCase()]?.[0] ?? null;
}

function toObject(entry: LdapEntry): AccountObject {
  const sid = bytesOf(entry, 'objectSid');
  const number = (attribute: string): number => Number(textOf(entry, attribute) ?? 0);
  return {
    guid: guidToString(bytesOf(entry, 'objectGUID') ?? Buffer.alloc(0)),
    sid: sid && sidToString(sid),
    dn: entry.dn,
    classes: textsOf(entry, 'objectClass').map((name) => name.toLowerCase()),
    samAccountName: textOf(entry, 'sAMAccountName'),
    userPrincipalName: textOf(entry, 'userPrincipalName'),
    description: textOf(entry, 'description'),
    offered: offeredOf(entry),
    marker: textOf(entry, 'info'),
    // A signed 32-bit number on the wire.
    userAccountControl: number('userAccountControl') >>> 0,
    accountExpires: textOf(entry, 'accountExpires') ?? '0',
    pwdLastSet: BigInt(textOf(entry, 'pwdLastSet') ?? 0),
    encryptionTypes: number('msDS-SupportedEncryptionTypes'),
    primaryGroupId: number('primaryGroupID'),
    isCritical: textOf(entry, 'isCriticalSystemObject') === 'TRUE',
    adminCount: number('adminCount'),
    isDeleted: textOf(entry, 'isDeleted') === 'TRUE',
    memberOf: textsOf(entry, 'memberOf'),
    tokenGroups: (entry.attributes['tokengroups'] ?? []).map(sidToString),
  };
}

function offeredOf(entry: LdapEntry): Record<string, string> {
  const pairs = OFFERED_ATTRIBUTES.map((name) => [name, textOf(entry, name)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [(typeof pair)[0], string] => pair[1] !== null));
}

/** The live object with this GUID and its effective groups, or `undefined`. */
export async function readByGuid(controller: Controller, guid: string): Promise<AccountObject | undefined> {
  return readBase(controller, guidDn(guid), { attributes: [...ATTRIBUTES, 'tokenGroups'] });
}

/** The object with this GUID, dead or alive: `isDeleted` tells a tombstone. */
export async function readEvenDeleted(controller: Controller, guid: string): Promise<AccountObject | undefined> {
  return readBase(controller, guidDn(guid), { attributes: ATTRIBUTES, controls: [showDeleted()] });
}

/** The object at this DN, of whatever kind, or `undefined`. */
export async function readByDn(controller: Controller, dn: string): Promise<AccountObject | undefined> {
  return readBase(controller, dn, { attributes: ATTRIBUTES });
}

async function readBase(
  controller: Controller,
  base: string,
  request: { attributes: readonly string[]; controls?: ReturnType<typeof showDeleted>[] },
): Promise<AccountObject | undefined> {
  try {
    const [entry] = await controller.search({ base, scope: 'base', ...request });
    return entry && toObject(entry);
  } catch (error) {
    if (hasResult(error, 32)) return undefined;
    throw error;
  }
}

/** All objects of the domain that have one of the names, whatever they are. */
export async function findByNames(
  controller: Controller,
  domain: ManagedDomain,
  names: { readonly samAccountName: string; readonly userPrincipalName?: string },
): Promise<AccountObject[]> {
  const filters: Filter[] = [equalsAny('sAMAccountName', [names.samAccountName])];
  if (names.userPrincipalName) filters.push(equalsAny('userPrincipalName', [names.userPrincipalName]));
  const filter = filters.length === 1 ? filters[0]! : new OrFilter({ filters });
  const entries = await controller.search({ base: domain.baseDn, scope: 'sub', filter, attributes: ATTRIBUTES });
  return entries.map(toObject);
}

/** Objects below `base` with one of the account's markers: the last resort, as `info` is not indexed. */
export async function findByMarker(controller: Controller, base: string, accountId: string): Promise<AccountObject[]> {
  const filter = equalsAny('info', markersOf(accountId));
  try {
    const entries = await controller.search({ base, scope: 'sub', filter, attributes: ATTRIBUTES });
    return entries.map(toObject);
  } catch (error) {
    if (hasResult(error, 32)) return [];
    throw error;
  }
}

function markersOf(accountId: string): string[] {
  return [provisioningMarker(accountId), accountMarker(accountId)];
}

/** Whether the object has a marker of this account, of while it was made or of afterwards. */
export function isMarkedAs(object: AccountObject, accountId: string): boolean {
  return object.marker !== null && markersOf(accountId).includes(object.marker);
}

/** Throws DirectoryObjectForeign unless the object is ours and of a kind that the engine may change. */
export function assertManageable(object: AccountObject, ref: AccountRef, domain: ManagedDomain): void {
  const problem = managementProblem(object, ref.accountId, domain);
  if (problem === undefined) return;
  const message = `The object in the directory for ${ref.samAccountName} ${problem}. Nothing was changed; look at it before you go on.`;
  throw failure('DirectoryObjectForeign', message, { objectGuid: object.guid });
}

function managementProblem(object: AccountObject, accountId: string, domain: ManagedDomain): string | undefined {
  if (!isMarkedAs(object, accountId)) return 'does not have our mark in its notes (info)';
  if (!object.classes.includes('user') || object.classes.includes('computer')) return 'is not a user';
  if (!domain.managedOus.some((ou) => isBelow(object.dn, ou))) return 'is outside the OUs that the engine manages';
  if (object.isCritical) return 'is a critical system object';
  if (object.adminCount > 0) return 'is protected as an administrator (adminCount)';
  if (object.sid === null || relativeId(object.sid) < FIRST_OWN_RID) return 'is a built-in principal';
  if (object.tokenGroups.some(isProtectedGroup)) return 'is a member of an administrative group';
  return undefined;
}

/** Whether a SID is one of the groups with power over the domain. */
export function isProtectedGroup(sid: string): boolean {
  return PROTECTED_BUILTIN.test(sid) || (/^S-1-5-21-/.test(sid) && PROTECTED_RIDS.has(relativeId(sid)));
}

/** The account that the input points at: by GUID, else by name and marker. `undefined`: nothing of ours is there. */
export async function findAccount(
  controller: Controller,
  input: AccountObjectInput,
  domain: ManagedDomain,
): Promise<AccountObject | undefined> {
  if (input.objectGuid !== null) return readByGuid(controller, input.objectGuid);
  const named = await findByNames(controller, domain, input);
  const marked = named.filter((object) => isMarkedAs(object, input.accountId));
  const found = marked.length > 0 ? marked : await findByMarker(controller, input.organizationalUnit, input.accountId);
  if (found.length > 1) {
    const message = `Several objects in the directory have the mark of ${input.samAccountName}. Remove the wrong ones.`;
    throw failure('DirectoryObjectForeign', message, { count: found.length });
  }
  return found[0] && readByGuid(controller, found[0].guid);
}
