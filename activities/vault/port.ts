/**
 * What the product needs of a vault, whatever its make. The vault is the write-ahead log of a password: it is staged
 * before the directory hears of it, read back for every retry, and promoted once a log-on has proved it.
 *
 * Every method reads first and recognises its own earlier work by account and operation, so that it may be repeated
 * after any lost answer. All of them throw failures of `activities/failure.ts` with a `Vault…` code.
 */
import type { SecretVersion } from '../../contracts/fields.ts';
import type { Sensitive } from '../../infra/runtime/sensitive.ts';

/** Whose secret it is, and where: the path is relative to the vault's mount or root folder. */
export interface SecretLocation {
  readonly accountId: string;
  readonly vaultPath: string;
}

/** One change of password, by the operation that staged it. */
export interface StagedSecret extends SecretLocation {
  readonly operationId: string;
}

export interface StageRequest extends StagedSecret {
  /** The account's name and domain, stored beside the password for the people who read it. */
  readonly username: string;
  readonly domain: string;
  /** The password to stage; dropped when this operation has staged one already. */
  readonly password: Sensitive<string>;
}

export interface SecretVault {
  /** For how many days a suspended secret can be brought back for certain; null: for ever. */
  readonly longestSuspensionDays: number | null;
  /**
   * Writes the password as the pending one; the current one stays what readers see. Returns the secret's version.
   * Staged or promoted already by this operation: left as it is. Another operation's password pending: `VaultConflict`,
   * because the directory may already have it.
   */
  stage(request: StageRequest, signal?: AbortSignal): Promise<{ version: SecretVersion }>;
  /** The password this operation staged, also after its promotion. Not there: `VaultSecretMissing`. */
  readStaged(staged: Pick<StagedSecret, 'vaultPath' | 'operationId'>, signal?: AbortSignal): Promise<Sensitive<string>>;
  /** Makes the pending password the current one, in one atomic write. Returns the secret's version. */
  promote(staged: StagedSecret, signal?: AbortSignal): Promise<{ version: SecretVersion }>;
  /**
   * Removes what this operation staged, and the whole secret when no current password is left. Nothing of this
   * operation there (nothing at all, promoted already, or somebody else's secret): success.
   */
  discard(staged: StagedSecret, signal?: AbortSignal): Promise<void>;
  /**
   * Takes every version of the secret out of readers' reach, so that {@link reinstate} can bring back exactly those. Out
   * of reach already, or nothing there: success. Somebody else's: `VaultPathConflict`.
   */
  suspend(location: SecretLocation, signal?: AbortSignal): Promise<void>;
  /** In reach already: success. Lost in the meantime: `VaultSecretMissing`. Somebody else's: `VaultPathConflict`. */
  reinstate(location: SecretLocation, signal?: AbortSignal): Promise<void>;
  /** Removes the secret with all its versions. Nothing there: success. Somebody else's: `VaultPathConflict`. */
  revoke(location: SecretLocation, signal?: AbortSignal): Promise<void>;
  /**
   * Whether the engine can work with this vault now: it logs on, the mount is of the right kind and the engine's
   * identity has every right it needs at `vaultPath`, without one at the path where it staged last, if it has.
   * A "no" is a result, not an error.
   */
  probe(vaultPath?: string, signal?: AbortSignal): Promise<VaultProbe>;
}

export type VaultProbe =
  { readonly ready: true } | { readonly ready: false; readonly code: string; readonly message: string };
