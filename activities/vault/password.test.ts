import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHARACTERS, generatePassword, type CharacterClass } from './password.ts';

const CLASSES = Object.keys(CHARACTERS) as CharacterClass[];
const policies = fc.record({
  length: fc.integer({ min: 16, max: 127 }),
  classes: fc.subarray(CLASSES, { minLength: 1 }),
});

/** Pearson's statistic against equal shares. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** A value that chi-squared exceeds less than once in 10^9 runs (Wilson and Hilferty's approximation, z = 6). */
function limit(degrees: number): number {
  const part = 2 / (9 * degrees);
  return degrees * (1 - part + 6 * Math.sqrt(part)) ** 3;
}

describe('generatePassword', () => {
  test('has the length, one of each class, and nothing else', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        const password = generatePassword(policy).reveal();
        const alphabet = policy.classes.map((name) => CHARACTERS[name]).join('');
        expect(password).toHaveLength(policy.length);
        expect([...password].every((character) => alphabet.includes(character))).toBe(true);
        for (const name of policy.classes) {
          expect([...password].some((character) => CHARACTERS[name].includes(character))).toBe(true);
        }
      }),
    );
  });

  test('uses printable ASCII that needs no escaping, each character once in the alphabet', () => {
    const alphabet = Object.values(CHARACTERS).join('');
    expect(alphabet).toMatch(/^[!-~]+$/);
    expect(alphabet).not.toMatch(/["'`\\$%&<>=,;| ]/);
    expect(new Set(alphabet).size).toBe(alphabet.length);
  });

  test('every character is equally likely at every place', () => {
    const length = 16;
    // One class rejects no draw, so that the shares must be exactly equal.
    const policy = { length, classes: ['lower'] as const };
    const places = Array.from({ length }, () => new Map<string, number>());
    for (let round = 0; round < 20_000; round += 1) {
      [...generatePassword(policy).reveal()].forEach((character, place) => {
        places[place]!.set(character, (places[place]!.get(character) ?? 0) + 1);
      });
    }
    for (const counts of places) {
      const shares = [...CHARACTERS.lower].map((character) => counts.get(character) ?? 0);
      expect(chiSquared(shares)).toBeLessThan(limit(shares.length - 1));
    }
  });

  test('every place is equally likely to hold a symbol, and within a class no character is preferred', () => {
    const places = Array.from({ length: 16 }, () => 0);
    const characters = new Map<string, number>();
    for (let round = 0; round < 20_000; round += 1) {
      [...generatePassword({ length: 16, classes: CLASSES }).reveal()].forEach((character, place) => {
        characters.set(character, (characters.get(character) ?? 0) + 1);
        if (CHARACTERS.symbol.includes(character)) places[place]! += 1;
      });
    }
    expect(chiSquared(places)).toBeLessThan(limit(places.length - 1));
    for (const name of CLASSES) {
      const shares = [...CHARACTERS[name]].map((character) => characters.get(character) ?? 0);
      expect(chiSquared(shares), name).toBeLessThan(limit(shares.length - 1));
    }
  });

  test('asks for random numbers below the size of the alphabet, and draws anew when a class is missing', () => {
    const asked: number[] = [];
    let draws = 0;
    // The first password is "aa…a", which misses the digit; the second begins with one.
    const random = (size: number): number => {
      asked.push(size);
      draws += 1;
      return draws === 17 ? size - 1 : 0;
    };
    const password = generatePassword({ length: 16, classes: ['lower', 'digit'] }, random);
    expect(password.reveal()).toBe(`9${'a'.repeat(15)}`);
    expect(new Set(asked)).toEqual(new Set([36]));
  });

  test('refuses a policy that no password fulfils, and prints nothing', () => {
    expect(() => generatePassword({ length: 3, classes: CLASSES })).toThrow(RangeError);
    expect(() => generatePassword({ length: 16, classes: [] })).toThrow(RangeError);
    expect(String(generatePassword({ length: 16, classes: CLASSES }))).toBe('[redacted]');
  });
});
