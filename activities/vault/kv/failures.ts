/**
 * What can go wrong with a KV v2 vault, each told apart by status and shape of the answer, and put into words for
 * people. An answer's own text never gets into a failure: Vault quotes fields of the request in some of its errors.
 */
import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../failure.ts';
import { told, type CallName } from '../failures.ts';

export function sealed(address: string): ApplicationFailure {
  return failure('VaultSealed', `The vault at ${address} is sealed. It goes on by itself once the vault is unsealed.`);
}

/** The vault, or something in front of it, says that it cannot serve now: 5xx, a standby, a quota. */
export function unavailable(address: string, call: CallName, status: number): ApplicationFailure {
  return failure('VaultUnavailable', `The vault at ${address} cannot serve now: it answers with status ${status}.`, {
    call: told(call),
    status,
  });
}

/** What answered does not speak Vault's language, such as a proxy's error page. */
export function notAVault(address: string, call: CallName, status: number): ApplicationFailure {
  return failure('VaultUnavailable', `What answers at ${address} is not a vault: check ALM_VAULT_ADDRESS.`, {
    call: told(call),
    status,
  });
}

export function logOnRefused(address: string, whatToCheck: string, status: number): ApplicationFailure {
  return failure('VaultAccessDenied', `The vault at ${address} refuses the engine's log-on: check ${whatToCheck}.`, {
    status,
  });
}

export function tokenUnreadable(path: string): ApplicationFailure {
  return failure('VaultAccessDenied', `The engine cannot read its Kubernetes token at ${path}.`, { path });
}

export function accessDenied(call: CallName): ApplicationFailure {
  return failure(
    'VaultAccessDenied',
    `The vault does not allow the engine to ${told(call)}: compare its policy with the engine's policy template.`,
    { call: told(call) },
  );
}

export function mountMissing(mount: string, why: string): ApplicationFailure {
  return failure('VaultMountMissing', `The vault's mount ${mount} cannot be used: ${why}.`, { mount });
}

export function upgrading(mount: string): ApplicationFailure {
  return failure('VaultUnavailable', `The vault's mount ${mount} is being prepared; it will be ready in a moment.`, {
    mount,
  });
}

/** The write itself was refused, although nobody else wrote: a limit of the mount, or a rule of the vault. */
export function writeRejected(vaultPath: string): ApplicationFailure {
  return failure(
    'VaultRejected',
    `The vault refuses to write the secret at ${vaultPath}: its audit log has the reason.`,
    { vaultPath },
  );
}

/** The engine has no right anywhere below the mount, or the mount is not there: the vault does not say which. */
export function mountForbidden(mount: string): ApplicationFailure {
  return failure(
    'VaultAccessDenied',
    `The vault shows the engine no mount ${mount}: check ALM_VAULT_MOUNT and the engine's policy.`,
    { mount },
  );
}

/** A right the engine's identity lacks, found before it is needed. */
export function rightsMissing(rights: readonly string[]): ApplicationFailure {
  return failure('VaultAccessDenied', `The engine's policy in the vault lacks ${rights.join('; ')}.`);
}

/** An answer that nothing here expects. The vault's audit log has the reason. */
export function rejected(call: CallName, status: number): ApplicationFailure {
  return failure(
    'VaultRejected',
    `The vault refuses ${told(call)} with status ${status}: its audit log has the reason.`,
    { call: told(call), status },
  );
}
