/** The variables that tell an engine about its vault: which make it is, and what that make needs. */
import { z } from 'zod';
import { keyOfCertificate } from './program-rules.ts';
import { certificatesSchema, guidSchema, privateKeySchema, secretiveUrlSchema, urlSchema } from './variable-schemas.ts';
import { file, optional, rule, secret, variable, type Configuration } from './variable.ts';

export const VAULT_KINDS = ['kv', 'aws-secrets-manager', 'azure-key-vault', 'devops-secrets-vault'] as const;
export const VAULT_LOG_ONS = ['approle', 'kubernetes', 'cert'] as const;

export const vault = {
  vaultKind: variable(
    'ALM_VAULT_KIND',
    z.enum(VAULT_KINDS, { error: `must be one of ${VAULT_KINDS.join(', ')}` }),
    'The make of the vault: KV version 2 of HashiCorp Vault or OpenBao, AWS Secrets Manager, Azure Key Vault, or DevOps Secrets Vault (DSV).',
    { fallback: 'kv' },
  ),
  vaultAddress: optional(
    variable(
      'ALM_VAULT_ADDRESS',
      secretiveUrlSchema,
      'KV, Azure and DSV need it: where the vault is. AWS: an endpoint instead of the public one of the region, such as that of a VPC. Plain http is accepted for this machine only.',
      { example: 'https://vault.example.com:8200' },
    ),
  ),
  vaultCaPem: optional(
    file(
      'ALM_VAULT_CA_FILE',
      certificatesSchema,
      "The certificate authorities to trust for the vault's certificate, instead of the system's.",
      '/etc/alm/vault-ca.pem',
    ),
  ),
  vaultMount: variable(
    'ALM_VAULT_MOUNT',
    z.string().regex(/^[A-Za-z0-9._/-]{1,200}$/, 'must be the path of a mount'),
    'KV: where the secrets engine is mounted.',
    { fallback: 'secret' },
  ),
  vaultNamespace: optional(
    variable(
      'ALM_VAULT_NAMESPACE',
      z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be the path of a namespace'),
      "KV: the vault's namespace, where it has them.",
      { example: 'team-a' },
    ),
  ),
  vaultAuth: variable(
    'ALM_VAULT_AUTH',
    z.enum(VAULT_LOG_ONS, { error: `must be one of ${VAULT_LOG_ONS.join(', ')}` }),
    'KV: how the engine logs on: by AppRole, by the token of its Kubernetes service account, or by a TLS client certificate.',
    { fallback: 'approle' },
  ),
  vaultAuthMount: optional(
    variable(
      'ALM_VAULT_AUTH_MOUNT',
      z.string().regex(/^[A-Za-z0-9._/-]{1,200}$/, 'must be the path of a mount'),
      'KV: where that method is mounted below auth/, if not under its own name.',
      { example: 'kubernetes-munich' },
    ),
  ),
  vaultRole: optional(
    variable(
      'ALM_VAULT_ROLE',
      z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be the name of a role'),
      'KV: the role of the method `kubernetes`, which needs it, or `cert`.',
      { example: 'alm-engine-corp.example.com' },
    ),
  ),
  vaultTokenFile: variable(
    'ALM_VAULT_TOKEN_FILE',
    z.string().regex(/^\//, 'must be an absolute path'),
    'KV, method `kubernetes`: the token of the service account, read anew for each log-on.',
    { fallback: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
  ),
  vaultCertPem: optional(
    file(
      'ALM_VAULT_CERT_FILE',
      certificatesSchema,
      "KV, method `cert`, which needs it: the engine's certificate, with those of its authorities.",
      '/etc/alm/engine.pem',
    ),
  ),
  vaultKeyPem: optional(
    file(
      'ALM_VAULT_KEY_FILE',
      privateKeySchema,
      'KV, method `cert`, which needs it: the key of that certificate.',
      '/etc/alm/engine.key',
    ),
  ),
  vaultRoleId: optional(
    variable(
      'ALM_VAULT_ROLE_ID',
      z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be the id of an AppRole'),
      "KV, method `approle`, which needs it: the id of the engine's AppRole.",
      { example: '0d8c1c2e-0f0b-4c43-9d0c-0d8d2b1a9f55' },
    ),
  ),
  vaultSecretId: optional(
    secret('ALM_VAULT_SECRET_ID', "KV, method `approle`, which needs it: the secret id of the engine's AppRole."),
  ),
  awsRegion: optional(
    variable(
      'ALM_AWS_REGION',
      z.string().regex(/^[a-z]{2,5}(-[a-z]+)+-\d$/, 'must be the name of a region, such as eu-central-1'),
      'AWS needs it: the region of the secrets.',
      { example: 'eu-central-1' },
    ),
  ),
  awsAccessKeyId: optional(
    variable(
      'ALM_AWS_ACCESS_KEY_ID',
      z.string().regex(/^[A-Z0-9]{16,128}$/, 'must be the id of an access key'),
      "AWS: an access key of the engine's user. Without it the engine takes the role of its machine, container or web identity.",
      { example: 'AKIAIOSFODNN7EXAMPLE' },
    ),
  ),
  awsSecretAccessKey: optional(
    secret('ALM_AWS_SECRET_ACCESS_KEY', 'AWS: the secret of the access key; given together with its id.'),
  ),
  awsKmsKeyId: optional(
    variable(
      'ALM_AWS_KMS_KEY_ID',
      z.string().regex(/^[A-Za-z0-9:/_-]{1,2048}$/, 'must be the id, alias or ARN of a key'),
      "AWS: the KMS key that encrypts new secrets, instead of the region's own (aws/secretsmanager).",
      { example: 'alias/alm' },
    ),
  ),
  dsvClientId: optional(
    variable(
      'ALM_DSV_CLIENT_ID',
      z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be the id of a client'),
      "DSV needs it: the engine's client.",
      {
        example: '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
      },
    ),
  ),
  dsvClientSecret: optional(secret('ALM_DSV_CLIENT_SECRET', "DSV needs it: the secret of the engine's client.")),
  dsvRole: optional(
    variable(
      'ALM_DSV_ROLE',
      z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be the name of a role'),
      'DSV needs it: the role of that client.',
      { example: 'alm-engine' },
    ),
  ),
  azureTenantId: optional(
    variable('ALM_AZURE_TENANT_ID', guidSchema, "Azure: the tenant of the engine's application.", {
      example: '5f1a0c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f',
    }),
  ),
  azureClientId: optional(
    variable(
      'ALM_AZURE_CLIENT_ID',
      guidSchema,
      "Azure: the engine's application; without tenant, secret and certificate a managed identity of the machine's.",
      { example: '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d' },
    ),
  ),
  azureClientSecret: optional(secret('ALM_AZURE_CLIENT_SECRET', "Azure: a secret of the engine's application.")),
  azureCertificatePem: optional(
    secret(
      'ALM_AZURE_CERTIFICATE',
      "Azure, instead of a secret: a certificate of the engine's application with its key, both in PEM.",
    ),
  ),
  azureAuthorityHost: optional(
    variable(
      'ALM_AZURE_AUTHORITY_HOST',
      urlSchema('https:'),
      "Azure: where tokens come from, instead of the public cloud's https://login.microsoftonline.com.",
      { example: 'https://login.microsoftonline.us' },
    ),
  ),
};

type VaultConfiguration = Configuration<typeof vault>;

type Key = keyof VaultConfiguration;

/** A make of vault, for KV with the method of log-on. */
type Make = 'aws-secrets-manager' | 'azure-key-vault' | 'devops-secrets-vault' | `kv/${(typeof VAULT_LOG_ONS)[number]}`;

/** What each cannot do without. */
const NEEDS: Readonly<Record<Make, readonly Key[]>> = {
  'kv/approle': ['vaultAddress', 'vaultRoleId', 'vaultSecretId'],
  'kv/kubernetes': ['vaultAddress', 'vaultRole'],
  'kv/cert': ['vaultAddress', 'vaultCertPem', 'vaultKeyPem'],
  'aws-secrets-manager': ['awsRegion'],
  'azure-key-vault': ['vaultAddress'],
  'devops-secrets-vault': ['vaultAddress', 'dsvClientId', 'dsvClientSecret', 'dsvRole'],
};

/** What it takes beside that, of what not all of them take. */
const MAY_HAVE: Readonly<Record<Make, readonly Key[]>> = {
  'kv/approle': ['vaultNamespace', 'vaultAuthMount'],
  'kv/kubernetes': ['vaultNamespace', 'vaultAuthMount'],
  'kv/cert': ['vaultNamespace', 'vaultAuthMount', 'vaultRole'],
  'aws-secrets-manager': ['vaultAddress', 'awsAccessKeyId', 'awsSecretAccessKey', 'awsKmsKeyId'],
  'azure-key-vault': [
    'azureTenantId',
    'azureClientId',
    'azureClientSecret',
    'azureCertificatePem',
    'azureAuthorityHost',
  ],
  'devops-secrets-vault': [],
};
const TAKEN_BY_SOME: ReadonlySet<Key> = new Set([...Object.values(NEEDS), ...Object.values(MAY_HAVE)].flat());

const namesOf = (keys: readonly Key[]): string => keys.map((key) => vault[key].name).join(', ');

function fitsMake(values: VaultConfiguration): string | undefined {
  const { vaultKind, vaultAuth } = values;
  const make: Make = vaultKind === 'kv' ? `kv/${vaultAuth}` : vaultKind;
  const chosen = `ALM_VAULT_KIND=${vaultKind}${vaultKind === 'kv' ? ` and ALM_VAULT_AUTH=${vaultAuth}` : ''}`;
  const missing = NEEDS[make].filter((key) => values[key] === undefined);
  if (missing.length > 0) return `${namesOf(missing)} must be given with ${chosen}`;
  const taken = [...NEEDS[make], ...MAY_HAVE[make]];
  const foreign = [...TAKEN_BY_SOME].filter((key) => values[key] !== undefined && !taken.includes(key));
  return foreign.length === 0 ? undefined : `${namesOf(foreign)} must not be given with ${chosen}`;
}

function keyIsWhole({ awsAccessKeyId, awsSecretAccessKey }: Partial<VaultConfiguration>): string | undefined {
  if ((awsAccessKeyId === undefined) === (awsSecretAccessKey === undefined)) return undefined;
  return 'ALM_AWS_ACCESS_KEY_ID and ALM_AWS_SECRET_ACCESS_KEY must be given together';
}

/** An application proves itself by one of two ways; without both it is an identity of the machine, which has no tenant. */
function identityIsWhole({
  azureTenantId,
  azureClientId,
  azureClientSecret,
  azureCertificatePem,
}: Partial<VaultConfiguration>): string | undefined {
  if (azureClientSecret !== undefined && azureCertificatePem !== undefined) {
    return 'ALM_AZURE_CLIENT_SECRET and ALM_AZURE_CERTIFICATE are both set: give one of them';
  }
  const isApplication = azureClientSecret !== undefined || azureCertificatePem !== undefined;
  if (isApplication && (azureTenantId === undefined || azureClientId === undefined)) {
    return 'ALM_AZURE_TENANT_ID and ALM_AZURE_CLIENT_ID must be given with a secret or certificate of the application';
  }
  if (isApplication || azureTenantId === undefined) return undefined;
  return 'ALM_AZURE_TENANT_ID must not be given without ALM_AZURE_CLIENT_SECRET or ALM_AZURE_CERTIFICATE';
}

function certificateIsWhole({ vaultCertPem, vaultKeyPem }: Pick<VaultConfiguration, 'vaultCertPem' | 'vaultKeyPem'>) {
  return keyOfCertificate(vaultCertPem, vaultKeyPem, 'ALM_VAULT_CERT_FILE', 'ALM_VAULT_KEY_FILE');
}

export const vaultRules = [
  rule(vault, Object.keys(vault) as Key[], fitsMake),
  rule(vault, ['vaultCertPem', 'vaultKeyPem'], certificateIsWhole),
  rule(vault, ['awsAccessKeyId', 'awsSecretAccessKey'], keyIsWhole),
  rule(vault, ['azureTenantId', 'azureClientId', 'azureClientSecret', 'azureCertificatePem'], identityIsWhole),
];
