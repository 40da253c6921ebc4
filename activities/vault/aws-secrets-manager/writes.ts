/**
 * What is written to AWS Secrets Manager. Every function answers whether it took effect; false: the service says that what it
 * is about is not so, or not any more.
 */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';
import type { Fields } from '../fields.ts';
import { ACCOUNT_TAG, RECOVERY_WINDOW_DAYS } from './secret.ts';
import { until, type Service } from './service.ts';

export interface VersionToWrite {
  /** A new secret's name; of one that is there its ARN. */
  readonly name: string;
  /** Also the client request token: what is written twice is written once. */
  readonly versionId: string;
  readonly fields: Sensitive<Fields>;
}

type Outcome = Promise<boolean>;

const GONE = ['ResourceNotFoundException', 'InvalidRequestException'];

/** The secret with its first version, which the service makes the current one. False: the name is taken, or was a moment ago. */
export async function create(
  { client, unless, kmsKeyId }: Service,
  { name, versionId, fields }: VersionToWrite,
  accountId: string,
  signal?: AbortSignal,
): Outcome {
  const command = new CreateSecretCommand({
    Name: name,
    ClientRequestToken: versionId,
    SecretString: JSON.stringify(fields.reveal()),
    Tags: [{ Key: ACCOUNT_TAG, Value: accountId }],
    ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
  });
  const taken = ['ResourceExistsException', 'InvalidRequestException'];
  return (await unless(taken, 'CreateSecret', async () => client.send(command, until(signal)))) !== undefined;
}

/** A version with these labels. False: there is one of this id with another content, or the secret is gone. */
export async function put(
  { client, unless }: Service,
  { name, versionId, fields }: VersionToWrite,
  labels: readonly string[],
  signal?: AbortSignal,
): Outcome {
  const command = new PutSecretValueCommand({
    SecretId: name,
    ClientRequestToken: versionId,
    SecretString: JSON.stringify(fields.reveal()),
    VersionStages: [...labels],
  });
  const taken = ['ResourceExistsException', ...GONE];
  return (await unless(taken, 'PutSecretValue', async () => client.send(command, until(signal)))) !== undefined;
}

/** Moves a label, or takes it off where `to` is undefined. False: `from` does not have it. */
export async function moveLabel(
  { client, unless }: Service,
  name: string,
  { label, from, to }: { readonly label: string; readonly from: string | undefined; readonly to?: string },
  signal?: AbortSignal,
): Outcome {
  const command = new UpdateSecretVersionStageCommand({
    SecretId: name,
    VersionStage: label,
    ...(to === undefined ? {} : { MoveToVersionId: to }),
    ...(from === undefined ? {} : { RemoveFromVersionId: from }),
  });
  const elsewhere = [...GONE, 'InvalidParameterException'];
  const answer = await unless(elsewhere, 'UpdateSecretVersionStage', async () => client.send(command, until(signal)));
  return answer !== undefined;
}

/** Nobody can read it from then on, and it can be restored for {@link RECOVERY_WINDOW_DAYS}. */
export async function scheduleDeletion({ client, unless }: Service, name: string, signal?: AbortSignal): Outcome {
  const command = new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: RECOVERY_WINDOW_DAYS });
  return (await unless(GONE, 'DeleteSecret', async () => client.send(command, until(signal)))) !== undefined;
}

export async function restore({ client, unless }: Service, name: string, signal?: AbortSignal): Outcome {
  const command = new RestoreSecretCommand({ SecretId: name });
  return (await unless(GONE, 'RestoreSecret', async () => client.send(command, until(signal)))) !== undefined;
}

export async function deleteNow({ client, unless }: Service, name: string, signal?: AbortSignal): Outcome {
  const command = new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true });
  const gone = ['ResourceNotFoundException'];
  return (await unless(gone, 'DeleteSecret', async () => client.send(command, until(signal)))) !== undefined;
}
