/** The only place that makes an ApplicationFailure: type, message and retryability come from the catalogue. */
import { ApplicationFailure } from '@temporalio/common';
import { ERRORS, type ErrorCode } from '../contracts/errors.ts';

/** Facts for operators: result codes and sub-codes, never the request that led to them. */
export type FailureDetails = Readonly<Record<string, string | number | boolean | null>>;

/** A `DirectoryBindRejected` that is retried quickly locks the engine's own account out. */
const SLOW_RETRY = '10 minutes';

/**
 * The failure an activity throws. `message` is for people: what happened, to which account, what to do.
 * The cause is dropped on purpose: library errors may carry the request, and with it a secret.
 */
export function failure(code: ErrorCode, message: string, details: FailureDetails = {}): ApplicationFailure {
  const { retry } = ERRORS[code];
  return ApplicationFailure.create({
    type: code,
    message,
    details: [details],
    nonRetryable: retry === 'no',
    ...(retry === 'slowly' ? { nextRetryDelay: SLOW_RETRY } : {}),
  });
}
