/**
 * Active Directory's rules for names, stricter than the servers (Samba lets through what Windows refuses).
 * Free of zod.
 */

/** The longest sAMAccountName of a user (MS-SAMR §3.1.1.6, the pre-Windows 2000 limit that Windows enforces on add). */
export const SAM_ACCOUNT_NAME_MAX_LENGTH = 20;

const SAM_ACCOUNT_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;

/**
 * Names that mean something else to Windows, in lower case: built-in accounts, names that stand for well-known security
 * identifiers (MS-DTYP §2.4.2.4), and device names, which cannot name a profile's folder.
 */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...['administrator', 'guest', 'krbtgt', 'defaultaccount', 'wdagutilityaccount'],
  ...['anonymous', 'batch', 'builtin', 'dialup', 'everyone', 'interactive', 'internet', 'local', 'network', 'nobody'],
  ...['null', 'proxy', 'restricted', 'self', 'server', 'service', 'system', 'users', 'world', 'iusr'],
  ...['con', 'prn', 'aux', 'nul'],
  ...Array.from({ length: 9 }, (_, index) => [`com${index + 1}`, `lpt${index + 1}`]).flat(),
]);

/** Each of AD's own rules: why it refuses `name`, as a sentence that completes "the name …"; `undefined` when it does not. */
export const NAME_PROBLEMS = {
  length: (name: string): string | undefined => {
    if (name.length === 0) return 'must not be empty';
    if (name.length <= SAM_ACCOUNT_NAME_MAX_LENGTH) return undefined;
    return `must have at most ${SAM_ACCOUNT_NAME_MAX_LENGTH} characters`;
  },
  characters: (name: string): string | undefined =>
    name === '' || SAM_ACCOUNT_NAME.test(name)
      ? undefined
      : 'may have letters, digits, ".", "_" and "-" only, must begin with a letter or digit and not end with "."',
  reserved: (name: string): string | undefined =>
    RESERVED_NAMES.has(name.toLowerCase()) ? 'is reserved: it means something else to Windows' : undefined,
} as const;

/** Why `name` cannot be a service account's sAMAccountName, as a sentence; `undefined` when it can. */
export function samAccountNameProblem(name: string): string | undefined {
  return NAME_PROBLEMS.length(name) ?? NAME_PROBLEMS.characters(name) ?? NAME_PROBLEMS.reserved(name);
}

/** Whether `name` begins with `prefix`; AD compares names without case. */
export function hasPrefix(name: string, prefix: string): boolean {
  return name.toLowerCase().startsWith(prefix.toLowerCase());
}
