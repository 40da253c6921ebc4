/** What a complete account looks like, how it is written, and how it is compared with what the directory kept. */
import type { EstablishAccountInput } from '../../../contracts/activities.ts';
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

/** The attributes that are ours to set, beside password, marker, userAccountControl and memberships. */
export interface DesiredAccount {
  readonly userPrincipalName: string;
  readonly description: string | null;
  readonly accountExpires: string;
  readonly encryptionTypes: number;
}

export function desiredAccount(input: EstablishAccountInput, fqdn: string): DesiredAccount {
  return {
    userPrincipalName: `${input.samAccountName}@${fqdn}`,
    description: cleanDescription(input.description),
    accountExpires: toFileTime(input.expiresAt === null ? null : new Date(input.expiresAt)),
    encryptionTypes: AES_ONLY,
  };
}

/** Servers take control characters and refuse empty or longer text. */
function cleanDescription(description: string | null): string | null {
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
  return attributes;
}

/** Whether two values of `accountExpires` mean the same instant; 0 and the largest value both mean never. */
export function isSameExpiry(a: string, b: string): boolean {
  return fromFileTime(a)?.getTime() === fromFileTime(b)?.getTime();
}

/** Whether two values of `userAccountControl` agree in every bit that can be written. */
export function isSameControl(a: number, b: number): boolean {
  return ((a ^ b) & ~COMPUTED_BITS) === 0;
}
