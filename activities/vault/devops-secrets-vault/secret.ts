/**
 * How an account's secret looks in DevOps Secrets Vault, and what is to be made of what is found: pure decisions, applied by
 * `store.ts`.
 *
 * The secret that people read, and one beside it for a password that is not proved yet. The vault has no check-and-set, but it
 * makes a secret only where there is none: so of all attempts that stage exactly one makes the pending secret. A deleted
 * secret can be restored for 72 hours only; one that is suspended is kept in the engine's personal area too.
 */
import { sensitive, type Sensitive } from '../../../infra/runtime/sensitive.ts';
import type { SecretLocation, StagedSecret, StageRequest } from '../port.ts';
import { otherPending, pathConflict } from '../failures.ts';
import { escaped, type Fields } from '../fields.ts';

export const FIELD = {
  username: 'username',
  domain: 'domain',
  password: 'password',
  accountId: 'alm_account_id',
  operationId: 'alm_operation_id',
} as const;

/** What is at a path. `marked`: deleted, and to be restored; whose it was is not told. */
export type Found =
  | { readonly state: 'absent' | 'marked' }
  | {
      readonly state: 'there';
      readonly data: Sensitive<Fields>;
      readonly attributes: Fields;
      readonly version: string;
    };

/** Endings of a path that the vault takes for a verb. */
const LIKE_A_VERB = /(?:^|\/)(?:restore|(?:rollback|version)\/\d+)$/;

/**
 * The path in the vault, which takes letters, digits, dots and hyphens for certain: every other character is `_` and the two
 * hexadecimal digits of each byte (UTF-8). What is ours alone begins with `_` and no such digits.
 */
export function secretPathOf(vaultPath: string): string {
  const path = escaped(vaultPath, /[A-Za-z0-9/.-]/, '_');
  return LIKE_A_VERB.test(path) ? `${path}_` : path;
}

export const pendingPathOf = (vaultPath: string): string => `${secretPathOf(vaultPath)}_pending`;

export const fieldOf = (found: Found, name: string): unknown =>
  found.state === 'there' ? found.data.reveal()[name] : undefined;

export function isOurs(found: Found, { accountId }: Pick<SecretLocation, 'accountId'>): boolean {
  return fieldOf(found, FIELD.accountId) === accountId;
}

export const isOf = (found: Found, { operationId }: Pick<StagedSecret, 'operationId'>): boolean =>
  fieldOf(found, FIELD.operationId) === operationId;

/** Throws for a secret that is there and is not this account's. */
export function assertNotForeign(found: Found, location: SecretLocation): void {
  if (found.state === 'there' && !isOurs(found, location)) throw pathConflict(location.vaultPath);
}

/** Throws where another operation's password is pending: the directory may have it by now. */
export function assertNoOther(pending: Found, request: StageRequest): void {
  assertNotForeign(pending, request);
  if (pending.state === 'there' && !isOf(pending, request)) throw otherPending(request.vaultPath);
}

/** The fields of a password that is being staged. */
export function stagedData({ username, domain, password, accountId, operationId }: StageRequest): Sensitive<Fields> {
  return sensitive({
    [FIELD.username]: username,
    [FIELD.domain]: domain,
    [FIELD.password]: password.reveal(),
    [FIELD.accountId]: accountId,
    [FIELD.operationId]: operationId,
  });
}
