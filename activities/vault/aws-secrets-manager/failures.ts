/**
 * What can go wrong with AWS Secrets Manager, told apart by the names of its exceptions, never by their texts. A text of the
 * service's gets into no failure.
 */
import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../failure.ts';

/** The operation of the service and the region: neither has a secret in it. */
export interface AwsCall {
  readonly operation: string;
  readonly region: string;
}

type Explain = (call: AwsCall, name: string) => ApplicationFailure;

const unavailable: Explain = ({ operation, region }, name) =>
  failure('VaultUnavailable', `AWS Secrets Manager in ${region} cannot be used now (${name}).`, { operation, name });

const accessDenied: Explain = ({ operation, region }, name) =>
  failure(
    'VaultAccessDenied',
    `AWS does not allow the engine to use ${operation} on this secret in ${region}: compare its IAM policy with the one in docs/operate/vaults/aws-secrets-manager.md.`,
    { operation, name },
  );

const badCredentials: Explain = ({ operation, region }, name) =>
  failure(
    'VaultAccessDenied',
    `AWS refuses the engine's credentials in ${region} (${name}): check the access key, or the role of the machine, and its clock.`,
    { operation, name },
  );

const keyRefused: Explain = ({ operation, region }, name) =>
  failure(
    'VaultAccessDenied',
    `The KMS key of the secret cannot be used in ${region}: the engine needs kms:Decrypt and kms:GenerateDataKey on it.`,
    { operation, name },
  );

const rejected: Explain = ({ operation, region }, name) =>
  failure(
    'VaultRejected',
    `AWS Secrets Manager in ${region} refuses ${operation} (${name}): CloudTrail has the reason.`,
    {
      operation,
      name,
    },
  );

/** docs.aws.amazon.com/secretsmanager/latest/apireference: common errors, and those of each operation. */
const EXPLANATIONS: ReadonlyMap<string, Explain> = new Map<string, Explain>([
  ...['AccessDeniedException', 'AccessDenied', 'NotAuthorized', 'OptInRequired'].map(
    (name) => [name, accessDenied] as const,
  ),
  ...[
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'IncompleteSignature',
    'MissingAuthenticationToken',
    'AuthFailure',
  ].map((name) => [name, badCredentials] as const),
  ...['EncryptionFailure', 'DecryptionFailure'].map((name) => [name, keyRefused] as const),
  ...[
    'InvalidParameterException',
    'InvalidRequestException',
    'LimitExceededException',
    'MalformedPolicyDocumentException',
    'PreconditionNotMetException',
    'ValidationException',
    'ValidationError',
    'ResourceExistsException',
    'ResourceNotFoundException',
  ].map((name) => [name, rejected] as const),
]);

/** Errors of the program, which no waiting mends. */
const BUGS = ['TypeError', 'RangeError', 'ReferenceError', 'SerializationException', 'UnknownOperationException'];

/** The failure for what the SDK threw; a bug goes on as it is. Anything that is not known by name got no answer, or one that says "not now". */
export function awsFailure(call: AwsCall, error: unknown): ApplicationFailure {
  const name = nameOf(error);
  if (BUGS.includes(name)) throw error;
  return (EXPLANATIONS.get(name) ?? unavailable)(call, name);
}

/** The name of the service's exception; the code of a socket's error, such as `ECONNREFUSED`; never a text. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error ? error.code : undefined;
  return error.name === 'Error' && typeof code === 'string' ? code : error.name;
}

const DENIALS = ['AccessDeniedException', 'AccessDenied'];
export const isDenial = (error: unknown): boolean => DENIALS.includes(nameOf(error));

/** How operations say that there is no such secret, or no such version of it. */
const ABSENCES = ['ResourceNotFoundException', 'InvalidRequestException', 'InvalidParameterException'];
export const isAbsence = (error: unknown): boolean => ABSENCES.includes(nameOf(error));

/** A name whose secret was deleted a moment ago is not free at once. */
export function nameNotFree(vaultPath: string): ApplicationFailure {
  return failure('VaultUnavailable', `AWS has not yet given the name of the deleted secret at ${vaultPath} free.`, {
    vaultPath,
  });
}

export function rightsMissing(operations: readonly string[], vaultPath: string): ApplicationFailure {
  const list = operations.map((operation) => `secretsmanager:${operation}`).join(', ');
  return failure('VaultAccessDenied', `The engine's IAM policy lacks ${list} on ${vaultPath}.`, { vaultPath });
}
