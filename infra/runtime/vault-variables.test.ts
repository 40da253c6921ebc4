import { expect, test } from 'vitest';
import { parseEnvironment } from './environment.ts';
import { vault, vaultRules } from './vault-variables.ts';

/** What a program says that has these variables only. */
function problemsOf(env: Record<string, string>): string[] {
  const program = { name: 'a/program.ts', description: 'Has a vault.', variables: vault, rules: vaultRules };
  const complaints: string[] = [];
  const exit = (): never => {
    throw new Error('ended');
  };
  const invocation = { env, argv: [], print: exit, complain: (text: string) => void complaints.push(text), exit };
  try {
    parseEnvironment(program, [], invocation);
  } catch (error) {
    if (complaints.length === 0) throw error;
  }
  return complaints.flatMap((text) => text.split('\n')).filter((line) => line.startsWith('  '));
}

const ALM_VAULT_ADDRESS = 'https://vault.example.com:8200';
const ALM_VAULT_ROLE_ID = 'role';
const KV = { ALM_VAULT_ADDRESS, ALM_VAULT_ROLE_ID, ALM_VAULT_SECRET_ID: 'two' };
const AWS = { ALM_VAULT_KIND: 'aws-secrets-manager', ALM_AWS_REGION: 'eu-central-1' };
const GUID = '5f1a0c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f';
const AZURE = { ALM_VAULT_KIND: 'azure-key-vault', ALM_VAULT_ADDRESS };
const DSV = { ALM_DSV_CLIENT_ID: 'client', ALM_DSV_CLIENT_SECRET: 'six', ALM_DSV_ROLE: 'alm-engine' };
const AZURE_APPLICATION = { ALM_AZURE_TENANT_ID: GUID, ALM_AZURE_CLIENT_ID: GUID };
const AWS_KEY = { ALM_AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', ALM_AWS_SECRET_ACCESS_KEY: 'three' };

test.each<[string, Record<string, string>, string]>([
  ['KV', KV, ''],
  [
    'KV without its role',
    { ALM_VAULT_ADDRESS },
    'ALM_VAULT_ROLE_ID, ALM_VAULT_SECRET_ID must be given with ALM_VAULT_KIND=kv and ALM_VAULT_AUTH=approle',
  ],
  [
    'KV with a region',
    { ...KV, ALM_AWS_REGION: 'eu-central-1' },
    'ALM_AWS_REGION must not be given with ALM_VAULT_KIND=kv',
  ],
  [
    'KV in Kubernetes',
    { ALM_VAULT_ADDRESS, ALM_VAULT_AUTH: 'kubernetes', ALM_VAULT_ROLE: 'engine', ALM_VAULT_AUTH_MOUNT: 'munich' },
    '',
  ],
  [
    'KV in Kubernetes without a role',
    { ALM_VAULT_ADDRESS, ALM_VAULT_AUTH: 'kubernetes' },
    'ALM_VAULT_ROLE must be given with ALM_VAULT_KIND=kv and ALM_VAULT_AUTH=kubernetes',
  ],
  [
    'KV in Kubernetes with a secret id',
    { ...KV, ALM_VAULT_AUTH: 'kubernetes', ALM_VAULT_ROLE: 'engine' },
    'ALM_VAULT_ROLE_ID, ALM_VAULT_SECRET_ID must not be given with ALM_VAULT_KIND=kv and ALM_VAULT_AUTH=kubernetes',
  ],
  [
    'KV by a certificate that is not given',
    { ALM_VAULT_ADDRESS, ALM_VAULT_AUTH: 'cert' },
    'ALM_VAULT_CERT_FILE, ALM_VAULT_KEY_FILE must be given with ALM_VAULT_KIND=kv and ALM_VAULT_AUTH=cert',
  ],
  [
    'no make that there is',
    { ...KV, ALM_VAULT_KIND: 'safe' },
    'ALM_VAULT_KIND must be one of kv, aws-secrets-manager, azure-key-vault',
  ],
  ['AWS', AWS, ''],
  ['AWS with a key and an endpoint', { ...AWS, ...AWS_KEY, ALM_VAULT_ADDRESS }, ''],
  [
    'AWS in no region',
    { ...AWS, ALM_AWS_REGION: '' },
    'ALM_AWS_REGION must be given with ALM_VAULT_KIND=aws-secrets-manager',
  ],
  ['AWS in a place', { ...AWS, ALM_AWS_REGION: 'Frankfurt' }, 'ALM_AWS_REGION must be the name of a region'],
  [
    'AWS with a role id',
    { ...AWS, ALM_VAULT_ROLE_ID },
    'ALM_VAULT_ROLE_ID must not be given with ALM_VAULT_KIND=aws-secrets-manager',
  ],
  [
    'AWS with half a key',
    { ...AWS, ALM_AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
    'ALM_AWS_ACCESS_KEY_ID and ALM_AWS_SECRET_ACCESS_KEY must be given together',
  ],
  ['Azure by the identity of the machine', AZURE, ''],
  ['Azure by an assigned identity', { ...AZURE, ALM_AZURE_CLIENT_ID: GUID }, ''],
  ['Azure by a secret', { ...AZURE, ...AZURE_APPLICATION, ALM_AZURE_CLIENT_SECRET: 'four' }, ''],
  ['Azure by a certificate', { ...AZURE, ...AZURE_APPLICATION, ALM_AZURE_CERTIFICATE: 'five' }, ''],
  [
    'Azure by both',
    { ...AZURE, ...AZURE_APPLICATION, ALM_AZURE_CLIENT_SECRET: 'four', ALM_AZURE_CERTIFICATE: 'five' },
    'ALM_AZURE_CLIENT_SECRET and ALM_AZURE_CERTIFICATE are both set',
  ],
  [
    'Azure by a secret of no application',
    { ...AZURE, ALM_AZURE_CLIENT_SECRET: 'four' },
    'ALM_AZURE_TENANT_ID and ALM_AZURE_CLIENT_ID must be given with a secret or certificate',
  ],
  [
    'Azure with a tenant only',
    { ...AZURE, ALM_AZURE_TENANT_ID: GUID },
    'ALM_AZURE_TENANT_ID must not be given without',
  ],
  ['DSV', { ALM_VAULT_KIND: 'devops-secrets-vault', ALM_VAULT_ADDRESS, ...DSV }, ''],
  [
    'DSV without a role',
    { ALM_VAULT_KIND: 'devops-secrets-vault', ALM_VAULT_ADDRESS, ...DSV, ALM_DSV_ROLE: '' },
    'ALM_DSV_ROLE must be given with ALM_VAULT_KIND=devops-secrets-vault',
  ],
  [
    'Azure in no vault',
    { ALM_VAULT_KIND: 'azure-key-vault' },
    'ALM_VAULT_ADDRESS must be given with ALM_VAULT_KIND=azure',
  ],
])('%s', (_case, env, problem) => {
  expect(problemsOf(env)).toEqual(problem === '' ? [] : [expect.stringContaining(problem)]);
});
