/** What a complete account looks like, how it is written, and how it is compared with what the directory kept. */
import type { EstablishAccountInput } from '../../../contracts/activities.ts';
import type { OfferedAttribute } from '../../../contracts/template.ts';
import type { LdapAttribute } from './connection.ts';
import { fromFileTime, toFileTime } from './encodings.ts';
import type { AccountObject } from './account-object.ts';

export const ACCOUNT_DISABLED = 0x2;
const NORMAL_ACCOUNT = 0x200;
const DONT_EXPIRE_PASSWORD = 0x10000;
const NOT_DELEGATED = 0x100000;
/** Bits that servers compute: LOCKOUT, PASSWD_CANT_CHANGE, PASSWORD_EXPIRED. */
const COMPUTED_BITS = 0x10 | 0x40 | 0x800000;

/** An enabled service account: ordinary user, password without an end of its own, never delegated to other services. */
export const ENABLED_ACCOUNT = NORMAL_ACCOUNT | DONT_EXPIRE_PASSWORD | NOT_DELEGATED;
export const DISABLED_ACCOUNT = ENABLED_ACCOUNT | ACCOUNT_DISABLED;

/** AES-128 and AES-256. Without it, newer controllers decide by their own default, older ones by RC4. */
const AES_ONLY = 24;
const DESCRIPTION_MAX_LENGTH = 1024;

/** Characters that an offered attribute can hold: rangeUpper of its schema object (MS-ADA1 to ADA3). */
const OFFERED_MAX_LENGTHS: Readonly<Record<OfferedAttribute, number>> = {
  displayName: 256,
  department: 64,
  company: 64,
  division: 256,
  employeeNumber: 512,
  physicalDeliveryOfficeName: 128,
  telephoneNumber: 64,
  mail: 256,
  title: 128,
};

/** The attributes that are ours to set, beside password, marker, userAccountControl and memberships. */
export interface DesiredAccount {
  readonly userPrincipalName: string;
  readonly description: string | null;
  readonly accountExpires: string;
  readonly encryptionTypes: number;
  /** By LDAP name. Attributes that are not among them are not ours to set. */
  readonly offered: Readonly<Record<string, string>>;
}

export function desiredAccount(input: EstablishAccountInput, fqdn: string): DesiredAccount {
  return {
    userPrincipalName: `${input.samAccountName}@${fqdn}`,
    description: cleanDescription(input.description),
    accountExpires: toFileTime(input.expiresAt === null ? null : new Date(input.expiresAt)),
    encryptionTypes: AES_ONLY,
    offered: input.attributes ?? {},
  };
}

/** Why AD cannot keep one of these attributes, as the end of a sentence about the account; `undefined` when it can. */
export function offeredAttributeProblem(attributes: EstablishAccountInput['attributes']): string | undefined {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (!isOffered(name)) return `has the attribute ${name}, which the engine does not write`;
    const most = OFFERED_MAX_LENGTHS[name];
    if (value === '') return `has the attribute ${name} without a value`;
    if (value.length > most) return `has a value of ${name} that is too long: the directory keeps ${most} characters`;
    if (/\p{Cc}/u.test(value)) return `has a value of ${name} with control characters`;
  }
  return undefined;
}

function isOffered(name: string): name is OfferedAttribute {
  return Object.hasOwn(OFFERED_MAX_LENGTHS, name);
}

/** The description as every server takes it: they let control characters in and refuse empty or longer text. */
export function cleanDescription(description: string | null): string | null {
  const text = (description ?? '')
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, DESCRIPTION_MAX_LENGTH);
  return text === '' ? null : text;
}

/** The attributes of which `object` (`null`: a new one) has another value. No values: the attribute is to be cleared. */
export function differingAttributes(desired: DesiredAccount, object: AccountObject | null): LdapAttribute[] {
  const attributes: LdapAttribute[] = [];
  if (object?.userPrincipalName?.toLowerCase() !== desired.userPrincipalName.toLowerCase()) {
    attributes.push({ type: 'userPrincipalName', values: [desired.userPrincipalName] });
  }
  if (object === null || !isSameExpiry(object.accountExpires, desired.accountExpires)) {
    attributes.push({ type: 'accountExpires', values: [desired.accountExpires] });
  }
  if (object?.encryptionTypes !== desired.encryptionTypes) {
    attributes.push({ type: 'msDS-SupportedEncryptionTypes', values: [String(desired.encryptionTypes)] });
  }
  if ((object?.description ?? null) !== desired.description) {
    attributes.push({ type: 'description', values: desired.description === null ? [] : [desired.description] });
  }
  return [...attributes, ...differingOffered(desired, object)];
}

function differingOffered({ offered }: DesiredAccount, object: AccountObject | null): LdapAttribute[] {
  const differing = Object.entries(offered).filter(([type, value]) => object?.offered[type] !== value);
  return differing.map(([type, value]) => ({ type, values: [value] }));
}

/** Whether two values of `accountExpires` mean the same instant; 0 and the largest value both mean never. */
export function isSameExpiry(a: string, b: string): boolean {
  return fromFileTime(a)?.getTime() === fromFileTime(b)?.getTime();
}

/** Whether two values of `userAccountControl` agree in every bit that can be written. */
export function isSameControl(a: number, b: number): boolean {
  return ((a ^ b) & ~COMPUTED_BITS) === 0;
}
