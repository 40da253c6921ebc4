/** The variables that tell an engine about its vault: which make it is, and what that make needs. */
import { z } from 'zod';
import { certificatesSchema, secretiveUrlSchema } from './variable-schemas.ts';
import { file, optional, rule, secret, variable, type Configuration } from './variable.ts';

export const VAULT_KINDS = ['kv', 'aws-secrets-manager'] as const;
export type VaultKind = (typeof VAULT_KINDS)[number];

export const vault = {
  vaultKind: variable(
    'ALM_VAULT_KIND',
    z.enum(VAULT_KINDS, { error: `must be one of ${VAULT_KINDS.join(', ')}` }),
    'The make of the vault: KV version 2 of HashiCorp Vault or OpenBao, or AWS Secrets Manager.',
    { fallback: 'kv' },
  ),
  vaultAddress: optional(
    variable(
      'ALM_VAULT_ADDRESS',
      secretiveUrlSchema,
      'KV needs it: where the vault is. AWS: an endpoint instead of the public one of the region, such as that of a VPC. Plain http is accepted for this machine only.',
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
  vaultRoleId: optional(
    variable(
      'ALM_VAULT_ROLE_ID',
      z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be the id of an AppRole'),
      "KV needs it: the id of the engine's AppRole.",
      { example: '0d8c1c2e-0f0b-4c43-9d0c-0d8d2b1a9f55' },
    ),
  ),
  vaultSecretId: optional(secret('ALM_VAULT_SECRET_ID', "KV needs it: the secret id of the engine's AppRole.")),
  awsRegion: optional(
    variable(
      'ALM_AWS_REGION',
      z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be the name of a region, such as eu-central-1'),
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
};

type VaultConfiguration = Configuration<typeof vault>;

/** What one make cannot do without, and no other make takes. */
const NEEDS: Readonly<Record<VaultKind, readonly (keyof VaultConfiguration)[]>> = {
  kv: ['vaultAddress', 'vaultRoleId', 'vaultSecretId'],
  'aws-secrets-manager': ['awsRegion'],
};
const TAKEN_BY: Readonly<Partial<Record<keyof VaultConfiguration, VaultKind>>> = {
  vaultNamespace: 'kv',
  vaultRoleId: 'kv',
  vaultSecretId: 'kv',
  awsRegion: 'aws-secrets-manager',
  awsAccessKeyId: 'aws-secrets-manager',
  awsSecretAccessKey: 'aws-secrets-manager',
  awsKmsKeyId: 'aws-secrets-manager',
};

const nameOf = (key: keyof VaultConfiguration): string => vault[key].name;

function fitsKind(values: VaultConfiguration): string | undefined {
  const { vaultKind } = values;
  const missing = NEEDS[vaultKind].filter((key) => values[key] === undefined);
  if (missing.length > 0) return `${missing.map(nameOf).join(', ')} must be given with ALM_VAULT_KIND=${vaultKind}`;
  const keys = Object.keys(TAKEN_BY) as (keyof VaultConfiguration)[];
  const foreign = keys.filter((key) => values[key] !== undefined && TAKEN_BY[key] !== vaultKind);
  if (foreign.length === 0) return undefined;
  return `${foreign.map(nameOf).join(', ')} must not be given with ALM_VAULT_KIND=${vaultKind}`;
}

function keyIsWhole({ awsAccessKeyId, awsSecretAccessKey }: Partial<VaultConfiguration>): string | undefined {
  if ((awsAccessKeyId === undefined) === (awsSecretAccessKey === undefined)) return undefined;
  return 'ALM_AWS_ACCESS_KEY_ID and ALM_AWS_SECRET_ACCESS_KEY must be given together';
}

export const vaultRules = [
  rule(vault, Object.keys(vault) as (keyof VaultConfiguration)[], fitsKind),
  rule(vault, ['awsAccessKeyId', 'awsSecretAccessKey'], keyIsWhole),
];
