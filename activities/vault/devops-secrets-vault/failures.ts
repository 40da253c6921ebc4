/** What can go wrong with DevOps Secrets Vault, told apart by status. A text of the vault's gets into no failure. */
import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../failure.ts';
import { told, type CallName } from '../failures.ts';

export function unavailable(address: string, call: CallName, status: number): ApplicationFailure {
  const facts = { call: told(call), status };
  return failure(
    'VaultUnavailable',
    `The vault at ${address} cannot serve now: it answers with status ${status}.`,
    facts,
  );
}

/** What answered does not speak the vault's language, such as a proxy's error page. */
export function notAVault(address: string, call: CallName, status: number): ApplicationFailure {
  const facts = { call: told(call), status };
  return failure('VaultUnavailable', `What answers at ${address} is not a vault: check ALM_VAULT_ADDRESS.`, facts);
}

export function logOnRefused(address: string, status: number): ApplicationFailure {
  return failure(
    'VaultAccessDenied',
    `The vault at ${address} refuses the engine's log-on: check client id and client secret, and whether they have ended.`,
    { status },
  );
}

export function accessDenied(call: CallName): ApplicationFailure {
  return failure(
    'VaultAccessDenied',
    `The vault does not allow the engine to ${told(call)}: compare its policy with docs/operate/vaults/devops-secrets-vault.md.`,
    { call: told(call) },
  );
}

export function rejected(call: CallName, status: number): ApplicationFailure {
  return failure('VaultRejected', `The vault refuses ${told(call)} with status ${status}.`, {
    call: told(call),
    status,
  });
}

export function rightsMissing(rights: readonly string[], path: string): ApplicationFailure {
  return failure('VaultAccessDenied', `The engine's policy in the vault lacks ${rights.join(', ')} on ${path}.`, {
    path,
  });
}
