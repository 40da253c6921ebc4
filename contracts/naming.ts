/**
 * Active Directory's rules for names, stricter than the servers (Samba lets through what Windows refuses).
 * Free of zod.
 */

/** The longest sAMAccountName of a user (MS-SAMR §3.1.1.6, the pre-Windows 2000 limit that Windows enforces on add). */
export const SAM_ACCOUNT_NAME_MAX_LENGTH = 20;

const SAM_ACCOUNT_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,18}[A-Za-z0-9_-])?$/;

/** Why `name` cannot be a service account's sAMAccountName, as a sentence; `undefined` when it can. */
export function samAccountNameProblem(name: string): string | undefined {
  if (name.length === 0) return 'must not be empty';
  if (name.length > SAM_ACCOUNT_NAME_MAX_LENGTH) return `must have at most ${SAM_ACCOUNT_NAME_MAX_LENGTH} characters`;
  if (!SAM_ACCOUNT_NAME.test(name)) {
    return 'may have letters, digits, ".", "_" and "-" only, must begin with a letter or digit and not end with "."';
  }
  return undefined;
}
