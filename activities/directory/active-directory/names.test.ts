import fc from 'fast-check';
import { Ber, BerReader, BerWriter } from 'ldapts';
import { describe, expect, it } from 'vitest';
import {
  childDn,
  commonName,
  domainDn,
  equalsAny,
  escapeRdnValue,
  isBelow,
  isSameDn,
  parentDn,
  parseDn,
} from './names.ts';

/** Names as an attacker would choose them: all of Unicode, with what DNs and filters reserve over-represented. */
const hostileName = fc
  .array(
    fc.oneof(fc.constantFrom(...',+"\\<>;=#() *\0\r\n\t/'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((parts) => parts.join(''));

describe('escaping a name for a DN', () => {
  it('round-trips whatever the name, and never adds a part', () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        const parts = parseDn(childDn(name, 'OU=Managed,DC=corp,DC=example'));
        expect(parts).toHaveLength(4);
        expect(parts[0]).toEqual({ type: 'CN', value: name });
      }),
      { numRuns: 1000 },
    );
  });

  it('uses hex pairs only, which the LDAP library cannot split wrongly', () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        const escaped = escapeRdnValue(name);
        expect(escaped.replaceAll(/\\[0-9A-F]{2}/g, '')).not.toMatch(/[",+;<>=\\\0]/);
        expect(escaped).not.toMatch(/^[ #]| $/);
      }),
    );
  });

  it.each([
    ['a,b', 'a\\2Cb'],
    [' lead', '\\20lead'],
    ['trail ', 'trail\\20'],
    ['#hash', '\\23hash'],
    ['end\\', 'end\\5C'],
    [' ', '\\20'],
    ['CN=foo,OU=Svc', 'CN\\3Dfoo\\2COU\\3DSvc'],
    ['müller', 'müller'],
  ])('writes %j as %j', (name, escaped) => expect(escapeRdnValue(name)).toBe(escaped));
});

describe('parsing a DN', () => {
  it('understands every way to escape', () => {
    expect(parseDn('CN=a\\,b\\2Cc\\C3\\BC , ou = x,DC=y')).toEqual([
      { type: 'CN', value: 'a,b,cü' },
      { type: 'OU', value: 'x' },
      { type: 'DC', value: 'y' },
    ]);
    expect(parseDn('CN=a\\ ')[0]!.value).toBe('a ');
    // Only the space is no part of a value: other blanks tell two names apart.
    expect(parseDn('CN=\u00a0a')[0]!.value).toBe('\u00a0a');
  });

  it.each(['', 'x', 'CN=', 'CN="a,b"', 'CN=#0401', 'CN=a+SN=b', 'CN=a,,DC=x', 'CN=a\\', '<GUID=x>'])(
    'refuses %j',
    (dn) => {
      expect(() => parseDn(dn)).toThrow();
    },
  );
});

describe('places', () => {
  const ou = 'OU=Managed,DC=corp,DC=example';

  it('are compared by parts, without regard to case and escapes', () => {
    expect(isBelow('cn=x,OU=MANAGED, dc=CORP,DC=example', ou)).toBe(true);
    expect(isBelow('CN=x,OU=Inner,OU=Managed,DC=corp,DC=example', ou)).toBe(true);
    expect(isSameDn('OU=M\\61naged,DC=corp,DC=example', ou)).toBe(true);
  });

  it('are not taken in by look-alikes', () => {
    expect(isBelow(ou, ou)).toBe(false);
    expect(isBelow('CN=x,OU=NotManaged,DC=corp,DC=example', ou)).toBe(false);
    expect(isBelow('CN=x,OU=\u00a0Managed,DC=corp,DC=example', ou)).toBe(false);
    expect(isBelow('CN=x\\,OU=Managed,DC=corp,DC=example', ou)).toBe(false);
    expect(isBelow('CN=x,OU=Managed,DC=corp,DC=example,DC=com', ou)).toBe(false);
  });

  it('name a domain and an object', () => {
    expect(domainDn('corp.example.com')).toBe('DC=corp,DC=example,DC=com');
    expect(commonName('CN=a\\2Cb,DC=x')).toBe('a,b');
  });
});

describe('filters', () => {
  it('carry any value byte for byte, as a value', () => {
    const EQUALITY = 0xa3;
    fc.assert(
      fc.property(fc.oneof(hostileName, fc.uint8Array({ maxLength: 40 }).map(Buffer.from)), (value) => {
        const writer = new BerWriter();
        equalsAny('sAMAccountName', [value]).write(writer);
        const reader = new BerReader(writer.buffer);
        expect(reader.readSequence(EQUALITY)).toBe(EQUALITY);
        expect(reader.readString()).toBe('sAMAccountName');
        expect(reader.readString(Ber.OctetString, true)).toEqual(Buffer.from(value as string, 'utf8'));
        expect(reader.remain).toBe(0);
      }),
    );
  });
});

describe('the parent of an object', () => {
  it('is what the object was put below, whatever its name', () => {
    const parent = 'OU=a\\, b,OU=Managed,DC=corp';
    fc.assert(
      fc.property(hostileName, (name) => {
        expect(parentDn(childDn(name, parent))).toBe(parent);
      }),
    );
  });

  it('is found behind blanks and escaped commas, and not above a single part', () => {
    expect(parentDn('CN=Doe\\, John, OU=x,DC=y')).toBe('OU=x,DC=y');
    expect(() => parentDn('DC=com')).toThrow('nothing above');
  });
});
