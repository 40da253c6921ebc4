/** What is read of a secret in AWS Secrets Manager, and whether the engine may do what it needs to. */
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { sensitive, type Sensitive } from '../../../infra/runtime/sensitive.ts';
import { asFields, type Fields } from '../fields.ts';
import { awsFailure, isAbsence, isDenial } from './failures.ts';
import { ACCOUNT_TAG, PENDING, RECOVERY_WINDOW_DAYS, type SecretState } from './secret.ts';
import { until, type Service } from './service.ts';

/** Undefined when there is no secret of this name. */
export async function describe(
  { client, unless }: Service,
  name: string,
  signal?: AbortSignal,
): Promise<SecretState | undefined> {
  const answer = await unless(['ResourceNotFoundException'], 'DescribeSecret', async () =>
    client.send(new DescribeSecretCommand({ SecretId: name }), until(signal)),
  );
  if (!answer) return undefined;
  return {
    arn: answer.ARN ?? name,
    accountId: answer.Tags?.find(({ Key }) => Key === ACCOUNT_TAG)?.Value,
    isDeleted: answer.DeletedDate !== undefined,
    labels: new Map(Object.entries(answer.VersionIdsToStages ?? {})),
  };
}

/** The fields of a version; none when there is no such version, none that can be read, or one that is no object. */
export async function readFields(
  { client, unless }: Service,
  name: string,
  versionId: string,
  signal?: AbortSignal,
): Promise<Sensitive<Fields>> {
  const gone = ['ResourceNotFoundException', 'InvalidRequestException'];
  const answer = await unless(gone, 'GetSecretValue', async () =>
    client.send(new GetSecretValueCommand({ SecretId: name, VersionId: versionId }), until(signal)),
  );
  return sensitive(fieldsIn(answer?.SecretString));
}

function fieldsIn(text: string | undefined): Fields {
  try {
    return asFields(JSON.parse(text ?? '{}'));
  } catch {
    // Somebody has written something else into it.
    return {};
  }
}

type Attempt = (service: Service, name: string, signal?: AbortSignal) => Promise<unknown>;

/** What is tried on a secret that does not exist, to learn whether it would be allowed. */
const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  DescribeSecret: async ({ client }, SecretId, signal) =>
    client.send(new DescribeSecretCommand({ SecretId }), until(signal)),
  GetSecretValue: async ({ client }, SecretId, signal) =>
    client.send(new GetSecretValueCommand({ SecretId }), until(signal)),
  PutSecretValue: async ({ client }, SecretId, signal) =>
    client.send(new PutSecretValueCommand({ SecretId, SecretString: '{}' }), until(signal)),
  UpdateSecretVersionStage: async ({ client }, SecretId, signal) =>
    client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: PENDING }), until(signal)),
  DeleteSecret: async ({ client }, SecretId, signal) =>
    client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: RECOVERY_WINDOW_DAYS }), until(signal)),
  RestoreSecret: async ({ client }, SecretId, signal) =>
    client.send(new RestoreSecretCommand({ SecretId }), until(signal)),
};

/** The operations that are not allowed on a secret of this name, which must not exist. Creating one is not tried. */
export async function missingRights(service: Service, name: string, signal?: AbortSignal): Promise<string[]> {
  const missing: string[] = [];
  for (const [operation, attempt] of Object.entries(ATTEMPTS)) {
    try {
      await attempt(service, name, signal);
    } catch (error) {
      if (isDenial(error)) missing.push(operation);
      else if (!isAbsence(error)) throw awsFailure({ operation, region: service.region }, error);
    }
  }
  return missing;
}
