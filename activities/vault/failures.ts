/** What can go wrong with a secret in any vault, put into words for people. Each make of vault adds its own. */
import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../failure.ts';

export function pathConflict(vaultPath: string): ApplicationFailure {
  return failure(
    'VaultPathConflict',
    `The secret at ${vaultPath} belongs to something else: move it away and resume, or withdraw the request.`,
    { vaultPath },
  );
}

export function otherPending(vaultPath: string): ApplicationFailure {
  return failure(
    'VaultConflict',
    `Another change of password is pending at ${vaultPath}: it must be finished or discarded first.`,
    { vaultPath },
  );
}

export function contended(vaultPath: string): ApplicationFailure {
  return failure('VaultConflict', `The secret at ${vaultPath} keeps being changed by somebody else.`, { vaultPath });
}

export function secretMissing(vaultPath: string): ApplicationFailure {
  return failure(
    'VaultSecretMissing',
    `The password staged at ${vaultPath} is no longer in the vault: somebody removed or replaced the secret.`,
    { vaultPath },
  );
}

export function suspendedLost(vaultPath: string): ApplicationFailure {
  return failure(
    'VaultSecretMissing',
    `The secret at ${vaultPath} cannot be brought back: somebody removed it or its versions while it was suspended.`,
    { vaultPath },
  );
}

export function badPath(vaultPath: string): ApplicationFailure {
  return failure('VaultRejected', `${JSON.stringify(vaultPath)} is no path of a secret.`);
}

/** A call as it may be told: the method and the path of the vault's API, which has no secret in it. */
export interface CallName {
  readonly method: string;
  readonly path: string;
}

export const told = (call: CallName): string => `${call.method} ${call.path}`;

/** The call got no answer: no connection, no trust, no time. Whether it took effect is unknown. */
export function unreachable(address: string, call: CallName, error: unknown): ApplicationFailure {
  const reason = errorCode(error);
  const why = CERTIFICATE_REASONS.has(reason)
    ? 'its certificate is not trusted: check ALM_VAULT_CA_FILE and the name in the certificate'
    : `the connection failed (${reason})`;
  return failure('VaultUnavailable', `The vault at ${address} cannot be used: ${why}.`, { call: told(call), reason });
}

const CERTIFICATE_REASONS: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** `ECONNREFUSED`, `TimeoutError` and the like: the code where there is one, else the class; never the message. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  // The global fetch hides the socket's error in the cause.
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  return error.cause instanceof Error ? errorCode(error.cause) : error.name;
}
