import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sidFromString } from './encodings.ts';
import {
  buildSecurityDescriptor,
  canonicalOrder,
  describeObjectAce,
  mayChangePassword,
  parseSecurityDescriptor,
  withPasswordChange,
  type Ace,
  type SecurityDescriptor,
} from './security-descriptor.ts';

const ace: fc.Arbitrary<Ace> = fc
  .record({
    type: fc.constantFrom(0, 1, 5, 6, 9, 10, 17, 255),
    flags: fc.integer({ min: 0, max: 255 }),
    body: fc.uint8Array({ minLength: 4, maxLength: 60 }),
  })
  .map(({ type, flags, body }) => {
    const padded = Buffer.concat([Buffer.from(body), Buffer.alloc((4 - (body.length % 4)) % 4)]);
    const header = Buffer.from([type, flags, 0, 0]);
    const bytes = Buffer.concat([header, padded]);
    bytes.writeUInt16LE(bytes.length, 2);
    return { type, flags, bytes };
  });

const sid = fc
  .array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 15 })
  .map((parts) => sidFromString(['S-1-5', ...parts].join('-')));
const acl = fc.record({
  revision: fc.constantFrom(2, 4),
  aces: fc.array(ace, { maxLength: 12 }),
  slack: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
});
const descriptor: fc.Arbitrary<SecurityDescriptor> = fc
  .record({
    revision: fc.constant(1),
    resourceManagerControl: fc.integer({ min: 0, max: 255 }),
    control: fc.integer({ min: 0, max: 0xffff }),
    owner: fc.option(sid),
    group: fc.option(sid),
    sacl: fc.option(acl),
    dacl: fc.option(acl),
    layout: fc.shuffledSubarray(['owner', 'group', 'sacl', 'dacl'] as const, { minLength: 4, maxLength: 4 }),
  })
  .map((parts) => ({ ...parts, layout: parts.layout.filter((section) => parts[section] !== null) }));

/** What Samba gives a new user, in short: the two entries that let it change its password, and an inherited one. */
const NEW_USER = Buffer.from(
  '01000484' +
    '00000000' +
    '00000000' +
    '00000000' +
    '14000000' +
    '0400' +
    '7c00' +
    '0300' +
    '0000' +
    '0500' +
    '2800' +
    '00010000' +
    '01000000' +
    '531a72ab2f1ed011981900aa0040529b' +
    '0101000000000001' +
    '00000000' +
    '0500' +
    '2800' +
    '00010000' +
    '01000000' +
    '531a72ab2f1ed011981900aa0040529b' +
    '0101000000000005' +
    '0a000000' +
    '0012' +
    '2400' +
    'ff010f00' +
    '010500000000000515000000' +
    '01000000' +
    '02000000' +
    '03000000' +
    '00020000',
  'hex',
);

describe('a security descriptor', () => {
  it('round-trips byte for byte', () => {
    fc.assert(
      fc.property(descriptor, (parts) => {
        const bytes = buildSecurityDescriptor(parts);
        expect(parseSecurityDescriptor(bytes)).toEqual(parts);
        expect(buildSecurityDescriptor(parseSecurityDescriptor(bytes))).toEqual(bytes);
      }),
    );
    expect(buildSecurityDescriptor(parseSecurityDescriptor(NEW_USER))).toEqual(NEW_USER);
  });

  it('is refused when it is cut short, and never read past its end', () => {
    fc.assert(
      fc.property(descriptor, fc.nat(), (parts, where) => {
        const bytes = buildSecurityDescriptor(parts);
        const cut = bytes.subarray(0, where % bytes.length);
        expect(() => parseSecurityDescriptor(cut)).toThrow();
      }),
    );
  });
});

describe('the right to change the password', () => {
  it('is allowed to a new user, and denied by two entries in canonical order', () => {
    const before = parseSecurityDescriptor(NEW_USER);
    expect(mayChangePassword(before)).toBe(true);
    const denied = parseSecurityDescriptor(buildSecurityDescriptor(withPasswordChange(before, false)));
    expect(mayChangePassword(denied)).toBe(false);
    expect(denied.dacl!.aces.map(describeObjectAce)).toEqual([
      {
        allows: false,
        inherited: false,
        mask: 0x100,
        objectType: 'ab721a53-1e2f-11d0-9819-00aa0040529b',
        trustee: 'S-1-5-10',
      },
      {
        allows: false,
        inherited: false,
        mask: 0x100,
        objectType: 'ab721a53-1e2f-11d0-9819-00aa0040529b',
        trustee: 'S-1-1-0',
      },
      undefined,
    ]);
    expect(withPasswordChange(denied, false)).toEqual(denied);
    expect(mayChangePassword(withPasswordChange(denied, true))).toBe(true);
  });

  it('is not taken for denied when one entry is missing or an allowing one is left', () => {
    const before = parseSecurityDescriptor(NEW_USER);
    const denied = withPasswordChange(before, false);
    const [first, ...rest] = denied.dacl!.aces;
    expect(mayChangePassword({ ...denied, dacl: { ...denied.dacl!, aces: rest } })).toBeUndefined();
    const both = [first!, ...rest, before.dacl!.aces[0]!];
    expect(mayChangePassword({ ...denied, dacl: { ...denied.dacl!, aces: both } })).toBeUndefined();
  });

  it('cannot be changed in a descriptor that was read without its DACL', () => {
    expect(() => withPasswordChange({ ...parseSecurityDescriptor(NEW_USER), dacl: null }, false)).toThrow();
  });

  it('leaves the others as they are: explicit denials, explicit grants, inherited', () => {
    fc.assert(
      fc.property(fc.array(ace, { maxLength: 20 }), (aces) => {
        const ordered = canonicalOrder(aces);
        const rank = ({ type, flags }: Ace): number => (flags & 0x10 ? 2 : [1, 6, 10, 12].includes(type) ? 0 : 1);
        const ranks = ordered.map(rank);
        expect(ranks).toEqual([...ranks].sort());
        for (const value of [0, 1, 2]) {
          expect(ordered.filter((each) => rank(each) === value)).toEqual(aces.filter((each) => rank(each) === value));
        }
      }),
    );
  });
});
