/** The vault that an engine is configured for. */
import type { AzureIdentity } from '../activities/vault/azure-key-vault/service.ts';
import type { LogOn } from '../activities/vault/kv/log-on.ts';
import type { HttpsFetch } from '../activities/vault/https-fetch.ts';
import type { SecretVault } from '../activities/vault/port.ts';
import { sensitive } from '../infra/runtime/sensitive.ts';
import type { Configuration } from '../infra/runtime/variable.ts';
import type { vault } from '../infra/runtime/vault-variables.ts';

export type VaultConfiguration = Configuration<typeof vault>;

/**
 * Opens no connection yet, and loads no code of other makes: the clients of their vendors take memory. `fetch` is for tests of
 * KV. Rejects when something is missing that the make of vault needs.
 */
export async function composeVault(configuration: VaultConfiguration, fetch?: HttpsFetch): Promise<SecretVault> {
  switch (configuration.vaultKind) {
    case 'kv':
      return composeKv(configuration, fetch);
    case 'aws-secrets-manager':
      return composeSecretsManager(configuration);
    case 'azure-key-vault':
      return composeKeyVault(configuration);
    case 'devops-secrets-vault':
      return composeDevOpsSecretsVault(configuration);
  }
}

async function composeKv(configuration: VaultConfiguration, fetch?: HttpsFetch): Promise<SecretVault> {
  const { createKvVault } = await import('../activities/vault/kv/store.ts');
  const { vaultAddress } = configuration;
  if (vaultAddress === undefined) throw incomplete('kv');
  return createKvVault(
    {
      address: vaultAddress,
      caPem: configuration.vaultCaPem,
      mount: configuration.vaultMount,
      namespace: configuration.vaultNamespace,
      logOn: logOnOf(configuration),
      authMount: configuration.vaultAuthMount,
    },
    fetch ? { fetch } : {},
  );
}

function logOnOf(configuration: VaultConfiguration): LogOn {
  const { vaultAuth: method, vaultRole: role } = configuration;
  if (method === 'approle') {
    const { vaultRoleId: roleId, vaultSecretId: secretId } = configuration;
    if (roleId !== undefined && secretId !== undefined) return { method, roleId, secretId };
  } else if (method === 'kubernetes') {
    if (role !== undefined) return { method, role, tokenFile: configuration.vaultTokenFile };
  } else {
    const { vaultCertPem: certPem, vaultKeyPem: keyPem } = configuration;
    if (certPem !== undefined && keyPem !== undefined) {
      return { method, role, certificate: { certPem, keyPem: sensitive(keyPem) } };
    }
  }
  throw incomplete(method);
}

async function composeSecretsManager(configuration: VaultConfiguration): Promise<SecretVault> {
  const { createSecretsManagerVault } = await import('../activities/vault/aws-secrets-manager/store.ts');
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

async function composeKeyVault(configuration: VaultConfiguration): Promise<SecretVault> {
  const { createKeyVault } = await import('../activities/vault/azure-key-vault/store.ts');
  const { vaultAddress } = configuration;
  if (vaultAddress === undefined) throw incomplete('azure-key-vault');
  return createKeyVault({
    address: vaultAddress,
    identity: identityOf(configuration),
    authorityHost: configuration.azureAuthorityHost,
    caPem: configuration.vaultCaPem,
  });
}

function identityOf(configuration: VaultConfiguration): AzureIdentity {
  const { azureTenantId: tenantId, azureClientId: clientId } = configuration;
  const { azureClientSecret: secret, azureCertificatePem: pem } = configuration;
  if (secret === undefined && pem === undefined) return { kind: 'managed', clientId };
  if (tenantId === undefined || clientId === undefined) throw incomplete('azure-key-vault');
  if (secret !== undefined) return { kind: 'client-secret', tenantId, clientId, secret };
  return { kind: 'certificate', tenantId, clientId, pem: pem! };
}

async function composeDevOpsSecretsVault(configuration: VaultConfiguration): Promise<SecretVault> {
  const { createDevOpsSecretsVault } = await import('../activities/vault/devops-secrets-vault/store.ts');
  const { vaultAddress: address, dsvClientId: clientId, dsvClientSecret: clientSecret, dsvRole: role } = configuration;
  if (address === undefined || clientId === undefined || clientSecret === undefined || role === undefined) {
    throw incomplete('devops-secrets-vault');
  }
  return createDevOpsSecretsVault({ address, caPem: configuration.vaultCaPem, clientId, clientSecret, role });
}

/** The rules of the environment say so first, with the names of the variables. */
function incomplete(kind: string): Error {
  return new Error(`the configuration of the vault (${kind}) is not complete`);
}
