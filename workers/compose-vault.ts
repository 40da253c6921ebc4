/** The vault that an engine is configured for. */
import { createSecretsManagerVault } from '../activities/vault/aws-secrets-manager/store.ts';
import { createKvVault } from '../activities/vault/kv/store.ts';
import type { VaultFetch } from '../activities/vault/kv/transport.ts';
import type { SecretVault } from '../activities/vault/port.ts';
import type { Configuration } from '../infra/runtime/variable.ts';
import type { vault } from '../infra/runtime/vault-variables.ts';

export type VaultConfiguration = Configuration<typeof vault>;

/** Opens no connection yet. `fetch` is for tests of KV. Throws when something is missing that the make of vault needs. */
export function composeVault(configuration: VaultConfiguration, fetch?: VaultFetch): SecretVault {
  switch (configuration.vaultKind) {
    case 'kv':
      return composeKv(configuration, fetch);
    case 'aws-secrets-manager':
      return composeSecretsManager(configuration);
  }
}

function composeKv(configuration: VaultConfiguration, fetch?: VaultFetch): SecretVault {
  const { vaultAddress, vaultRoleId, vaultSecretId } = configuration;
  if (vaultAddress === undefined || vaultRoleId === undefined || vaultSecretId === undefined) throw incomplete('kv');
  return createKvVault(
    {
      address: vaultAddress,
      caPem: configuration.vaultCaPem,
      mount: configuration.vaultMount,
      namespace: configuration.vaultNamespace,
      roleId: vaultRoleId,
      secretId: vaultSecretId,
    },
    fetch ? { fetch } : {},
  );
}

function composeSecretsManager(configuration: VaultConfiguration): SecretVault {
  const { awsRegion, awsAccessKeyId, awsSecretAccessKey } = configuration;
  if (awsRegion === undefined) throw incomplete('aws-secrets-manager');
  return createSecretsManagerVault({
    region: awsRegion,
    endpoint: configuration.vaultAddress,
    caPem: configuration.vaultCaPem,
    kmsKeyId: configuration.awsKmsKeyId,
    credentials:
      awsAccessKeyId === undefined || awsSecretAccessKey === undefined
        ? undefined
        : { accessKeyId: awsAccessKeyId, secretAccessKey: awsSecretAccessKey },
  });
}

/** The rules of the environment say so first, with the names of the variables. */
function incomplete(kind: string): Error {
  return new Error(`the configuration of the vault (${kind}) is not complete`);
}
