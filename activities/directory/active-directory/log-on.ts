/** What a refused log-on with the new password proves. One try only: each wrong one counts towards a lockout. */
import type { EstablishAccountInput } from '../../../contracts/activities.ts';
import { failure } from '../../failure.ts';
import { bindReason } from './failures.ts';
import { LdapError } from './ldap-error.ts';

/** The directory does not have what was written to it. Worth another attempt: a controller may lag, somebody may interfere. */
export function readBackMismatch(account: string, what: string): Error {
  const message = `The directory did not keep what was written for ${account} (${what}). It is tried again.`;
  return failure('DirectoryReadBackMismatch', message, { what });
}

/**
 * The failure for a refused log-on; `undefined` when it proves the password all the same: controllers tell expiry and
 * restrictions by hour or machine only to those who know the password. Errors other than a refusal come back unchanged.
 */
export function logOnProblem(
  error: unknown,
  { samAccountName, expiresAt }: Pick<EstablishAccountInput, 'samAccountName' | 'expiresAt'>,
  nowMs: number,
): Error | undefined {
  if (!(error instanceof LdapError)) return error instanceof Error ? error : new Error('unknown error');
  const { resultCode, bindData } = error;
  if (resultCode !== 49) return error;
  if (bindData === '530' || bindData === '531') return undefined;
  const isOver = expiresAt !== null && Date.parse(expiresAt) <= nowMs;
  if (bindData === '701' && isOver) return undefined;
  const message = `A log-on as ${samAccountName} with its new password was refused (${bindReason(bindData)}). It is set and tried again.`;
  return failure('DirectoryReadBackMismatch', message, { bindData });
}
