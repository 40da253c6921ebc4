/** AWS Secrets Manager: Moto, behind the front that is as strict as AWS. */
import {
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { ACCOUNT_TAG, secretName } from '../../../activities/vault/aws-secrets-manager/secret.ts';
import { httpsHandler, type SecretsManagerConfig } from '../../../activities/vault/aws-secrets-manager/service.ts';
import { createSecretsManagerVault } from '../../../activities/vault/aws-secrets-manager/store.ts';
import type { SecretVault } from '../../../activities/vault/port.ts';
import { ensureMoto, startMoto } from '../../../infra/dev/moto.ts';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import { startStrictFront } from '../../../infra/simulators/aws-secrets-manager/strict-front.ts';
import type { StrictFrontFaults } from '../../../infra/simulators/aws-secrets-manager/strict-service.ts';
import type { Faults } from '../faults.ts';
import type { VaultSubject } from './subject.ts';

const ACCESS_KEY_ID = 'AKIAENGINE';
const SECRET_ACCESS_KEY = 'of-the-tests';

type RequestHandler = NonNullable<SecretsManagerClientConfig['requestHandler']>;

export interface AwsSubject extends VaultSubject {
  readonly config: SecretsManagerConfig;
  readonly faults: StrictFrontFaults;
  newVault(faults?: Faults, overrides?: Partial<SecretsManagerConfig>): SecretVault;
}

export async function awsSubject(): Promise<AwsSubject> {
  const moto = await startMoto(await ensureMoto(() => undefined));
  const front = await startStrictFront({ motoUrl: moto.url, accessKeyId: ACCESS_KEY_ID });
  const config: SecretsManagerConfig = {
    region: 'eu-central-1',
    endpoint: front.url,
    credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey: sensitive(SECRET_ACCESS_KEY) },
  };
  const people = new SecretsManagerClient({
    region: config.region,
    endpoint: front.url,
    credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY },
  });

  async function fieldsOf(SecretId: string, VersionId?: string): Promise<Record<string, unknown> | undefined> {
    const input = VersionId === undefined ? { SecretId } : { SecretId, VersionId };
    const answer = await people.send(new GetSecretValueCommand(input)).catch(() => undefined);
    return answer && (JSON.parse(answer.SecretString!) as Record<string, unknown>);
  }

  return {
    folder: 'vault-tests/corp.example',
    config,
    faults: front.faults,
    newVault: (faults, overrides = {}) =>
      createSecretsManagerVault({ ...config, ...overrides }, faults && through(faults)),
    readFields: async (vaultPath) => fieldsOf(secretName(vaultPath)),
    async readablePasswords(vaultPath) {
      const SecretId = secretName(vaultPath);
      const listed = await people.send(new ListSecretVersionIdsCommand({ SecretId })).catch(() => undefined);
      const ids = (listed?.Versions ?? []).filter(({ VersionStages }) => VersionStages?.length);
      const all = await Promise.all(ids.map(async ({ VersionId }) => fieldsOf(SecretId, VersionId)));
      const passwords = all.map((fields) => fields?.['password']).filter((password) => typeof password === 'string');
      return [...new Set(passwords)];
    },
    async isGone(vaultPath) {
      const described = people.send(new DescribeSecretCommand({ SecretId: secretName(vaultPath) }));
      return described.then(
        () => false,
        (error: unknown) => error instanceof Error && error.name === 'ResourceNotFoundException',
      );
    },
    async writeForeign(vaultPath, accountId) {
      const Tags = accountId === undefined ? [] : [{ Key: ACCOUNT_TAG, Value: accountId }];
      const SecretString = JSON.stringify({ password: 'theirs' });
      await people.send(new CreateSecretCommand({ Name: secretName(vaultPath), SecretString, Tags }));
    },
    async addField(vaultPath, name, value) {
      const SecretId = secretName(vaultPath);
      const SecretString = JSON.stringify({ ...(await fieldsOf(SecretId)), [name]: value });
      await people.send(new PutSecretValueCommand({ SecretId, SecretString }));
    },
    async close() {
      people.destroy();
      await front.close();
      await moto.stop();
    },
  };
}

/** The adapter's own HTTP, with the test in between. */
function through(faults: Faults): RequestHandler {
  const inner = httpsHandler();
  return {
    metadata: inner.metadata,
    destroy: () => inner.destroy(),
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    handle: async (...args: Parameters<typeof inner.handle>) =>
      faults.intercept(
        `aws ${String(args[0].headers['x-amz-target'])}`,
        async () => inner.handle(...args),
        () => Object.assign(new Error('cut by the test'), { code: 'ECONNRESET' }),
      ),
  };
}
