/** The vault's JSON for secrets (learn.microsoft.com, Key Vault REST API). A field that has no value is absent, never null. */
import type { SecretVersion, StoredSecret } from './store.ts';

export interface VaultRules {
  /** The address of the vault, without a trailing slash. */
  readonly url: string;
  /** 7 to 90. */
  readonly recoverableDays: number;
  readonly purgeProtection: boolean;
}

export const SECONDS_A_DAY = 86_400;

export function newest(secret: StoredSecret): SecretVersion {
  return secret.versions.at(-1)!;
}

/** With its value: only what set and get answer. */
export function valueBundle(rules: VaultRules, secret: StoredSecret, version: SecretVersion): object {
  return { value: version.value, ...bundle(rules, secret, version) };
}

/** Without the value: what update, recover, restore and lists of versions answer. */
export function bundle(rules: VaultRules, secret: StoredSecret, version: SecretVersion): object {
  return { id: `${rules.url}/secrets/${secret.name}/${version.id}`, ...description(rules, version) };
}

/** An item of the list of secrets: the newest version's description under an id without a version. */
export function listItem(rules: VaultRules, secret: StoredSecret): object {
  return { id: `${rules.url}/secrets/${secret.name}`, ...description(rules, newest(secret)) };
}

/** What a deleted secret has besides. */
export function deletion(rules: VaultRules, secret: StoredSecret): object {
  const deletedDate = secret.deletedAt!;
  return {
    recoveryId: `${rules.url}/deletedsecrets/${secret.name}`,
    deletedDate,
    scheduledPurgeDate: deletedDate + rules.recoverableDays * SECONDS_A_DAY,
  };
}

function description(rules: VaultRules, version: SecretVersion): object {
  const { contentType, tags, enabled, nbf, exp, created, updated } = version;
  return {
    ...(contentType === undefined ? {} : { contentType }),
    attributes: {
      enabled,
      ...(nbf === undefined ? {} : { nbf }),
      ...(exp === undefined ? {} : { exp }),
      created,
      updated,
      recoveryLevel: recoveryLevel(rules),
      recoverableDays: rules.recoverableDays,
    },
    ...(tags === undefined ? {} : { tags }),
  };
}

/** The vendor's `DeletionRecoveryLevel`: "Customized" below 90 days, "+Purgeable" without purge protection. */
function recoveryLevel({ recoverableDays, purgeProtection }: VaultRules): string {
  return `${recoverableDays < 90 ? 'CustomizedRecoverable' : 'Recoverable'}${purgeProtection ? '' : '+Purgeable'}`;
}
