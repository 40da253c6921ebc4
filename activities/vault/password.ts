/** Passwords of service accounts: generated inside the engine, from the operating system's random numbers. */
import { randomInt } from 'node:crypto';
import { sensitive, type Sensitive } from '../../infra/runtime/sensitive.ts';

export type CharacterClass = 'lower' | 'upper' | 'digit' | 'symbol';

/** Length in characters, and the classes of which at least one character each must be in every password. */
export interface PasswordPolicy {
  readonly length: number;
  readonly classes: readonly CharacterClass[];
}

/**
 * Printable ASCII. The symbols are ones that Active Directory counts as a class of their own and that survive the
 * places passwords are pasted into: no quotes, space, backslash, dollar, percent, ampersand, angle bracket, equals
 * sign, comma, semicolon or bar.
 */
export const CHARACTERS: Readonly<Record<CharacterClass, string>> = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digit: '0123456789',
  symbol: '-_.~+*:@#/?',
};

/** An integer in [0, limit), each equally likely. */
export type RandomInteger = (limit: number) => number;

/**
 * A password drawn uniformly from all those that fulfil the policy: every character is drawn from the whole alphabet,
 * and a draw that misses a class is thrown away as a whole. Forcing one character of each class into place and
 * shuffling would make some passwords more likely than others. `crypto.randomInt` has no modulo bias.
 */
export function generatePassword(policy: PasswordPolicy, random: RandomInteger = randomInt): Sensitive<string> {
  const classes = [...new Set(policy.classes)];
  if (classes.length === 0 || policy.length < classes.length) {
    throw new RangeError(`no password of ${policy.length} characters has one of each of ${classes.length} classes`);
  }
  const alphabet = classes.map((name) => CHARACTERS[name]).join('');
  for (;;) {
    const password = Array.from({ length: policy.length }, () => alphabet[random(alphabet.length)]!).join('');
    if (classes.every((name) => hasOneOf(password, CHARACTERS[name]))) return sensitive(password);
  }
}

function hasOneOf(text: string, characters: string): boolean {
  return Array.from(text).some((character) => characters.includes(character));
}
