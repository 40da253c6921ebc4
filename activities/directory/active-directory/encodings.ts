/** How Active Directory writes times, identifiers and passwords (MS-DTYP §2.3, §2.4; MS-ADTS §3.1.1.3.1.5). */

const FILETIME_EPOCH_OFFSET = 116_444_736_000_000_000n;
const HUNDRED_NS_PER_MS = 10_000n;

/** What AD reads as "never"; 0 means the same, and both come back as they were written. */
export const FILETIME_NEVER = 0x7fff_ffff_ffff_ffffn;

/** The value of `accountExpires` for an instant, or for never (`null`). FILETIME does not fit a `number`. */
export function toFileTime(instant: Date | null): string {
  if (instant === null) return FILETIME_NEVER.toString();
  const milliseconds = instant.getTime();
  if (Number.isNaN(milliseconds)) throw new Error('not an instant');
  const value = BigInt(milliseconds) * HUNDRED_NS_PER_MS + FILETIME_EPOCH_OFFSET;
  // Servers take negative values without complaint, and 0 would mean never.
  if (value <= 0n || value >= FILETIME_NEVER) throw new Error('the instant is outside what a FILETIME can say');
  return value.toString();
}

/** The inverse of {@link toFileTime}: `null` for never (0 and the largest value alike). */
export function fromFileTime(text: string): Date | null {
  const value = BigInt(text);
  if (value <= 0n || value >= FILETIME_NEVER) return null;
  return new Date(Number((value - FILETIME_EPOCH_OFFSET) / HUNDRED_NS_PER_MS));
}

/** An objectGUID of 16 bytes as `8-4-4-4-12` hex; the first three groups are little endian. */
export function guidToString(bytes: Buffer): string {
  if (bytes.length !== 16) throw new Error('a GUID has 16 bytes');
  const hex = (...indices: number[]): string => indices.map((i) => bytes[i]!.toString(16).padStart(2, '0')).join('');
  return [hex(3, 2, 1, 0), hex(5, 4), hex(7, 6), hex(8, 9), hex(10, 11, 12, 13, 14, 15)].join('-');
}

/** The inverse of {@link guidToString}. Throws on anything that is not a GUID: the text goes into a DN. */
export function guidFromString(text: string): Buffer {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new Error('not a GUID');
  const [a, b, c, d, e] = text.split('-').map((group) => Buffer.from(group, 'hex'));
  return Buffer.concat([a!.reverse(), b!.reverse(), c!.reverse(), d!, e!]);
}

/** The DN that addresses an object by GUID in base, modify, delete and as a `member` value. */
export function guidDn(guid: string): string {
  return `<GUID=${guidToString(guidFromString(guid))}>`;
}

/** A binary SID as `S-1-…`: revision, count, 48-bit big-endian authority, then 32-bit little-endian parts. */
export function sidToString(bytes: Buffer): string {
  const count = bytes[1];
  if (count === undefined || bytes.length !== 8 + 4 * count) throw new Error('not a SID');
  let text = `S-${bytes[0]}-${bytes.readUIntBE(2, 6)}`;
  for (let index = 0; index < count; index += 1) text += `-${bytes.readUInt32LE(8 + 4 * index)}`;
  return text;
}

/** The inverse of {@link sidToString}. */
export function sidFromString(text: string): Buffer {
  const match = /^S-(\d{1,3})-(\d{1,15})((?:-\d{1,10}){0,15})$/.exec(text);
  if (!match) throw new Error('not a SID');
  const parts = match[3]!.split('-').slice(1).map(Number);
  const bytes = Buffer.alloc(8 + 4 * parts.length);
  bytes.writeUInt8(Number(match[1]), 0);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUIntBE(Number(match[2]), 2, 6);
  parts.forEach((part, index) => bytes.writeUInt32LE(part, 8 + 4 * index));
  return bytes;
}

/** The last part of a SID: the number of the principal within its domain. */
export function relativeId(sid: string): number {
  return Number(sid.slice(sid.lastIndexOf('-') + 1));
}

/**
 * The value of `unicodePwd`: in quotation marks, UTF-16LE. The caller fills the buffer with zeros after the write.
 * Refuses what a server would take and nobody could log on with: nothing, NUL, more than 127 characters.
 */
export function encodePassword(password: string): Buffer {
  if (password.length === 0) throw new Error('the password is empty');
  if (password.length > 127) throw new Error('the password is too long to log on with');
  if (password.includes('\0')) throw new Error('the password has a NUL character');
  return Buffer.from(`"${password}"`, 'utf16le');
}
