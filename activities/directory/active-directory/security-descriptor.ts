/**
 * Binary security descriptors (MS-DTYP §2.4.6), as far as "user cannot change password" needs them: two deny entries for
 * the extended right User-Change-Password. What is not understood is kept byte for byte.
 */
import { guidFromString, guidToString, sidFromString, sidToString } from './encodings.ts';

/** One access control entry; `bytes` is all of it, header included. */
export interface Ace {
  readonly type: number;
  readonly flags: number;
  readonly bytes: Buffer;
}

interface Acl {
  readonly revision: number;
  readonly aces: readonly Ace[];
  /** Slack after the last entry, which servers may leave. */
  readonly slack: Buffer;
}

const SECTIONS = ['owner', 'group', 'sacl', 'dacl'] as const;
type Section = (typeof SECTIONS)[number];

export interface SecurityDescriptor {
  readonly revision: number;
  readonly resourceManagerControl: number;
  readonly control: number;
  readonly owner: Buffer | null;
  readonly group: Buffer | null;
  readonly sacl: Acl | null;
  readonly dacl: Acl | null;
  /** In which order the parts lie in the bytes: Windows and Samba differ. */
  readonly layout: readonly Section[];
}

/** An entry for an object type: who may or may not do what. */
export interface ObjectAce {
  readonly allows: boolean;
  readonly inherited: boolean;
  readonly mask: number;
  readonly objectType: string | null;
  readonly trustee: string;
}

const HEADER_BYTES = 20;
const ACL_HEADER_BYTES = 8;
const DACL_PRESENT = 0x0004;

const ACCESS_DENIED = 1;
const ACCESS_ALLOWED_OBJECT = 5;
const ACCESS_DENIED_OBJECT = 6;
const CALLBACK_DENIED = [10, 12];
const INHERITED_ACE = 0x10;
const OBJECT_TYPE_PRESENT = 1;
const INHERITED_OBJECT_TYPE_PRESENT = 2;
const CONTROL_ACCESS = 0x100;

/** The extended right User-Change-Password. */
const CHANGE_PASSWORD = 'ab721a53-1e2f-11d0-9819-00aa0040529b';
const SELF = 'S-1-5-10';
const EVERYONE = 'S-1-1-0';

/** Reads a self-relative descriptor. Throws on bytes that are none. */
export function parseSecurityDescriptor(bytes: Buffer): SecurityDescriptor {
  if (bytes.length < HEADER_BYTES) throw new Error('a security descriptor has at least 20 bytes');
  const offsets = new Map<Section, number>();
  SECTIONS.forEach((section, index) => {
    const offset = bytes.readUInt32LE(4 + 4 * index);
    if (offset !== 0) offsets.set(section, offset);
  });
  const at = <T>(section: Section, read: (offset: number) => T): T | null => {
    const offset = offsets.get(section);
    return offset === undefined ? null : read(offset);
  };
  return {
    revision: bytes.readUInt8(0),
    resourceManagerControl: bytes.readUInt8(1),
    control: bytes.readUInt16LE(2),
    owner: at('owner', (offset) => readSid(bytes, offset)),
    group: at('group', (offset) => readSid(bytes, offset)),
    sacl: at('sacl', (offset) => readAcl(bytes, offset)),
    dacl: at('dacl', (offset) => readAcl(bytes, offset)),
    layout: [...offsets].sort(([, a], [, b]) => a - b).map(([section]) => section),
  };
}

/** The inverse of {@link parseSecurityDescriptor}: the same bytes when nothing was changed. */
export function buildSecurityDescriptor(descriptor: SecurityDescriptor): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(descriptor.revision, 0);
  header.writeUInt8(descriptor.resourceManagerControl, 1);
  header.writeUInt16LE(descriptor.control, 2);
  const parts: Buffer[] = [header];
  let offset = HEADER_BYTES;
  for (const section of descriptor.layout) {
    const value = descriptor[section];
    if (value === null) continue;
    const part = Buffer.isBuffer(value) ? value : buildAcl(value);
    header.writeUInt32LE(offset, 4 + 4 * SECTIONS.indexOf(section));
    parts.push(part);
    offset += part.length;
  }
  return Buffer.concat(parts);
}

function readSid(bytes: Buffer, offset: number): Buffer {
  const end = offset + 8 + 4 * bytes.readUInt8(offset + 1);
  if (end > bytes.length) throw new Error('a SID reaches past the end of the security descriptor');
  return Buffer.from(bytes.subarray(offset, end));
}

function readAcl(bytes: Buffer, offset: number): Acl {
  const end = offset + bytes.readUInt16LE(offset + 2);
  const count = bytes.readUInt16LE(offset + 4);
  if (end > bytes.length) throw new Error('an ACL reaches past the end of the security descriptor');
  const aces: Ace[] = [];
  let position = offset + ACL_HEADER_BYTES;
  for (let index = 0; index < count; index += 1) {
    const size = bytes.readUInt16LE(position + 2);
    if (size < 4 || position + size > end) throw new Error('an ACE reaches past the end of its ACL');
    const ace = Buffer.from(bytes.subarray(position, position + size));
    aces.push({ type: ace.readUInt8(0), flags: ace.readUInt8(1), bytes: ace });
    position += size;
  }
  return { revision: bytes.readUInt8(offset), aces, slack: Buffer.from(bytes.subarray(position, end)) };
}

function buildAcl(acl: Acl): Buffer {
  const header = Buffer.alloc(ACL_HEADER_BYTES);
  const bytes = Buffer.concat([header, ...acl.aces.map((ace) => ace.bytes), acl.slack]);
  if (bytes.length > 0xffff) throw new Error('the ACL would be longer than 64 KiB');
  bytes.writeUInt8(acl.revision, 0);
  bytes.writeUInt16LE(bytes.length, 2);
  bytes.writeUInt16LE(acl.aces.length, 4);
  return bytes;
}

/** What an object ACE says; `undefined` for an entry of another kind. */
export function describeObjectAce(ace: Ace): ObjectAce | undefined {
  if (ace.type !== ACCESS_ALLOWED_OBJECT && ace.type !== ACCESS_DENIED_OBJECT) return undefined;
  const present = ace.bytes.readUInt32LE(8);
  const hasType = (present & OBJECT_TYPE_PRESENT) !== 0;
  const hasInheritedType = (present & INHERITED_OBJECT_TYPE_PRESENT) !== 0;
  const sidOffset = 12 + (hasType ? 16 : 0) + (hasInheritedType ? 16 : 0);
  return {
    allows: ace.type === ACCESS_ALLOWED_OBJECT,
    inherited: (ace.flags & INHERITED_ACE) !== 0,
    mask: ace.bytes.readUInt32LE(4),
    objectType: hasType ? guidToString(ace.bytes.subarray(12, 28)) : null,
    trustee: sidToString(readSid(ace.bytes, sidOffset)),
  };
}

/** An explicit object ACE for the right to change the password. */
function changePasswordAce(type: number, trustee: string): Ace {
  const sid = sidFromString(trustee);
  const bytes = Buffer.alloc(28 + sid.length);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt16LE(bytes.length, 2);
  bytes.writeUInt32LE(CONTROL_ACCESS, 4);
  bytes.writeUInt32LE(OBJECT_TYPE_PRESENT, 8);
  guidFromString(CHANGE_PASSWORD).copy(bytes, 12);
  sid.copy(bytes, 28);
  return { type, flags: 0, bytes };
}

/** The explicit entry for changing the password of SELF or Everyone, if `ace` is one. */
function changePasswordEntry(ace: Ace): ObjectAce | undefined {
  const entry = describeObjectAce(ace);
  if (!entry || entry.inherited || entry.objectType !== CHANGE_PASSWORD) return undefined;
  return entry.trustee === SELF || entry.trustee === EVERYONE ? entry : undefined;
}

/** Whether the DACL lets the account itself change its password, or `undefined` when it says neither clearly. */
export function mayChangePassword(descriptor: SecurityDescriptor): boolean | undefined {
  const entries = (descriptor.dacl?.aces ?? []).map(changePasswordEntry).filter((entry) => entry !== undefined);
  const denied = new Set(entries.filter((entry) => !entry.allows).map((entry) => entry.trustee));
  const allowed = entries.some((entry) => entry.allows);
  if (denied.size === 2 && !allowed) return false;
  return denied.size === 0 && allowed ? true : undefined;
}

/** The descriptor with exactly one entry for SELF and one for Everyone that denies (or allows) changing the password. */
export function withPasswordChange(descriptor: SecurityDescriptor, allowed: boolean): SecurityDescriptor {
  const { dacl } = descriptor;
  if (dacl === null) throw new Error('the security descriptor has no DACL: it was read without the right to see it');
  const type = allowed ? ACCESS_ALLOWED_OBJECT : ACCESS_DENIED_OBJECT;
  const others = dacl.aces.filter((ace) => changePasswordEntry(ace) === undefined);
  const aces = canonicalOrder([changePasswordAce(type, SELF), changePasswordAce(type, EVERYONE), ...others]);
  // Object ACEs need the directory revision of the ACL.
  return { ...descriptor, control: descriptor.control | DACL_PRESENT, dacl: { ...dacl, revision: 4, aces } };
}

/** Explicit deny, explicit allow, inherited: tools warn about, and some repair, any other order. */
export function canonicalOrder(aces: readonly Ace[]): Ace[] {
  const rank = (ace: Ace): number => {
    if ((ace.flags & INHERITED_ACE) !== 0) return 2;
    const denies =
      ace.type === ACCESS_DENIED || ace.type === ACCESS_DENIED_OBJECT || CALLBACK_DENIED.includes(ace.type);
    return denies ? 0 : 1;
  };
  return [0, 1, 2].flatMap((wanted) => aces.filter((ace) => rank(ace) === wanted));
}
