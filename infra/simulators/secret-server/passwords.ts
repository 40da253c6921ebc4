/** Password requirements of template fields: making one that fits, and saying what does not (docs.delinea.com, Secret Server REST API). */
import { randomInt } from 'node:crypto';
import type { PasswordRequirement } from './types.ts';

const CLASSES = {
  lower: 'abcdefghijkmnopqrstuvwxyz',
  upper: 'ABCDEFGHJKLMNPQRSTUVWXYZ',
  digit: '23456789',
  symbol: '!@#$%^&*()',
} as const;
const NAMES = ['lower', 'upper', 'digit', 'symbol'] as const;

export const DEFAULT_REQUIREMENT: PasswordRequirement = {
  minimumLength: 12,
  maximumLength: 128,
  lower: true,
  upper: true,
  digit: true,
  symbol: true,
};

/** A random password that meets the requirement. */
export function generatePassword(requirement: PasswordRequirement): string {
  const wanted = NAMES.filter((name) => requirement[name]);
  const alphabet = (wanted.length > 0 ? wanted : NAMES).map((name) => CLASSES[name]).join('');
  const length = Math.min(requirement.maximumLength, Math.max(requirement.minimumLength, 20));
  const rest = Array.from({ length: length - wanted.length }, () => pick(alphabet));
  return [...wanted.map((name) => pick(CLASSES[name])), ...rest]
    .map((character) => ({ character, place: randomInt(1 << 30) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ character }) => character)
    .join('');
}

/** Whether the password meets the requirement. */
export function meets(requirement: PasswordRequirement, password: string): boolean {
  const patterns = { lower: /[a-z]/, upper: /[A-Z]/, digit: /\d/, symbol: /[^A-Za-z\d]/ };
  const { minimumLength, maximumLength } = requirement;
  if (password.length < minimumLength || password.length > maximumLength) return false;
  return NAMES.every((name) => !requirement[name] || patterns[name].test(password));
}

function pick(alphabet: string): string {
  return alphabet[randomInt(alphabet.length)]!;
}
