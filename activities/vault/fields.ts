/** What vaults whose secrets are fields by name have in common. */
import { sensitive, type Sensitive } from '../../infra/runtime/sensitive.ts';

/** The fields of a secret: ours, and what people have added. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as fields; none when it is anything else. */
export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** The field `password`, under which all such vaults keep the current one. */
export function passwordIn(fields: Fields): Sensitive<string> | undefined {
  const { password } = fields;
  return typeof password === 'string' && password !== '' ? sensitive(password) : undefined;
}

/**
 * The text with every character that is not `plain` written as `mark` and the two hexadecimal digits of each of its bytes
 * (UTF-8). Two texts are never written alike, as long as the mark itself is not plain.
 */
export function escaped(text: string, plain: RegExp, mark: string): string {
  const write = (character: string): string =>
    [...Buffer.from(character, 'utf8')].map((byte) => mark + byte.toString(16).toUpperCase().padStart(2, '0')).join('');
  return [...text].map((character) => (plain.test(character) ? character : write(character))).join('');
}

/** The folder of a path: rights are given by folder. */
export const folderOf = (vaultPath: string): string => vaultPath.split('/').slice(0, -1).join('/');
