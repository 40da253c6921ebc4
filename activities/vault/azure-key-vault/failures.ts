/**
 * What can go wrong with Azure Key Vault, told apart by status and by the codes of its answers, never by their texts. A text
 * of the service's gets into no failure.
 */
import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../failure.ts';

/** What is told of an answer that is no success. */
export interface Refusal {
  /** Absent when there was no answer. */
  readonly status: number | undefined;
  /** Such as `Forbidden`; of a socket's error its code, such as `ECONNREFUSED`. */
  readonly code: string;
  /** Such as `SecretDisabled`. */
  readonly innerCode: string | undefined;
}

export function refusalOf(error: unknown): Refusal {
  const { statusCode, code, details } = error as { statusCode?: unknown; code?: unknown; details?: unknown };
  const told = (details as { error?: { code?: unknown; innerError?: { code?: unknown } } } | undefined)?.error;
  const inner = told?.innerError?.code;
  const name = error instanceof Error ? error.name : 'unknown';
  return {
    status: typeof statusCode === 'number' ? statusCode : undefined,
    code: typeof told?.code === 'string' ? told.code : typeof code === 'string' ? code : name,
    innerCode: typeof inner === 'string' ? inner : undefined,
  };
}

/** The name is taken by a secret that is deleted and can be recovered. */
export const isDeletedButThere = ({ status, innerCode }: Refusal): boolean =>
  status === 409 && innerCode === 'ObjectIsDeletedButRecoverable';

/** It is being deleted or recovered, and passes by itself: Key Vault says so for seconds after both seem done. */
export const isSettling = ({ status, innerCode }: Refusal): boolean =>
  status === 409 && (innerCode === 'ObjectIsBeingDeleted' || innerCode === 'ObjectIsBeingRecovered');

export const isDisabled = ({ status, innerCode }: Refusal): boolean => status === 403 && innerCode === 'SecretDisabled';

export function azureFailure(vault: string, operation: string, error: unknown): ApplicationFailure {
  const refusal = refusalOf(error);
  const { status, code, innerCode } = refusal;
  const facts = { operation, status: status ?? null, code, innerCode: innerCode ?? null };
  const reason = innerCode ?? code;
  if (isRefusedLogOn(error)) {
    return failure(
      'VaultAccessDenied',
      `Entra ID refuses the engine's log-on for ${vault}: check tenant, client id, and the secret or certificate and its expiry.`,
      facts,
    );
  }
  if (status === 401 || status === 403) {
    return failure(
      'VaultAccessDenied',
      `Key Vault ${vault} does not allow the engine to ${operation} (${reason}): compare its role or access policy with docs/operate/vaults/azure-key-vault.md.`,
      facts,
    );
  }
  if (isSettling(refusal) || isPassing(refusal)) {
    return failure('VaultUnavailable', `Key Vault ${vault} cannot be used now (${reason}).`, facts);
  }
  return failure('VaultRejected', `Key Vault ${vault} refuses to ${operation} (${reason}).`, facts);
}

/** No answer, or one that says "not now". */
const isPassing = ({ status }: Refusal): boolean =>
  status === undefined || status >= 500 || status === 429 || status === 408;

/** RFC 6749, 5.2: what a token endpoint answers to credentials that it does not accept. */
const REFUSED_LOG_ONS: ReadonlySet<unknown> = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_grant',
  'invalid_request',
  'access_denied',
]);

/** @azure/identity throws the same error for a "no" and for no answer: the cause tells them apart. */
function isRefusedLogOn(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { errorCode?: unknown } | undefined) : undefined;
  return REFUSED_LOG_ONS.has(cause?.errorCode);
}

export function rightsMissing(operations: readonly string[], vault: string): ApplicationFailure {
  return failure(
    'VaultAccessDenied',
    `The engine's role or access policy for Key Vault ${vault} lacks ${operations.join(', ')} on secrets.`,
    { vault },
  );
}
