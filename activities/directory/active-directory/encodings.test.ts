import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePassword,
  fromFileTime,
  guidDn,
  guidFromString,
  guidToString,
  relativeId,
  sidFromString,
  sidToString,
  toFileTime,
} from './encodings.ts';

describe('FILETIME', () => {
  it('agrees with known instants', () => {
    expect(toFileTime(new Date('1970-01-01T00:00:00.000Z'))).toBe('116444736000000000');
    expect(toFileTime(new Date('2026-01-01T00:00:00.000Z'))).toBe('134116992000000000');
    expect(toFileTime(null)).toBe('9223372036854775807');
  });

  it('round-trips every millisecond', () => {
    const range = { min: new Date('1601-01-02T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (instant) => {
        expect(fromFileTime(toFileTime(instant))).toEqual(instant);
      }),
    );
  });

  it('reads both spellings of never, and writes neither by accident', () => {
    expect(fromFileTime('0')).toBeNull();
    expect(fromFileTime('9223372036854775807')).toBeNull();
    expect(() => toFileTime(new Date('1601-01-01T00:00:00.000Z'))).toThrow();
    expect(() => toFileTime(new Date(Number.NaN))).toThrow();
  });
});

describe('GUID', () => {
  it('writes the first three groups little endian', () => {
    const bytes = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
    expect(guidToString(bytes)).toBe('00112233-4455-6677-8899-aabbccddeeff');
  });

  it('round-trips', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(guidFromString(guidToString(buffer))).toEqual(buffer);
      }),
    );
  });

  it('lets nothing else into a DN', () => {
    expect(() => guidDn('x>,DC=evil')).toThrow('not a GUID');
  });
});

describe('SID', () => {
  it('agrees with well-known SIDs', () => {
    expect(sidFromString('S-1-5-10')).toEqual(Buffer.from('01010000000000050a000000', 'hex'));
    expect(sidToString(Buffer.from('010100000000000100000000', 'hex'))).toBe('S-1-1-0');
    expect(relativeId('S-1-5-21-1-2-3-1105')).toBe(1105);
  });

  it('round-trips', () => {
    const uint32 = fc.integer({ min: 0, max: 0xffffffff });
    const authority = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(authority, fc.array(uint32, { maxLength: 15 }), (value, parts) => {
        const text = ['S-1', value, ...parts].join('-');
        expect(sidToString(sidFromString(text))).toBe(text);
      }),
    );
  });

  it('refuses a truncated one', () => {
    expect(() => sidToString(Buffer.from('01020000000000050a000000', 'hex'))).toThrow();
  });
});

describe('unicodePwd', () => {
  it('is quoted and UTF-16LE', () => {
    expect(encodePassword('aé')).toEqual(Buffer.from('22006100e9002200', 'hex'));
  });

  it.each([
    ['nothing', ''],
    ['NUL', 'a\0b'],
    ['128 characters', 'x'.repeat(128)],
  ])('refuses %s', (_name, password) => {
    expect(() => encodePassword(password)).toThrow();
  });
});
