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
