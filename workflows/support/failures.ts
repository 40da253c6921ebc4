/** Failures as catalogue codes and sentences for people; refusals as the failures that reject an update. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { ERRORS, isErrorCode, type ErrorCode } from '../../contracts/errors.ts';

/** Why an engine's step did not succeed. */
export interface StepFailure {
  readonly code: ErrorCode;
  /** For people: what happened and what to do. */
  readonly message: string;
}

/** Rejects an update: validators throw it, and so do handlers. The API finds the code in `type`. */
export function refusal(code: ErrorCode, message: string = ERRORS[code].title): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code);
}

/**
 * What a failed engine activity means. Only messages that come with a code of the catalogue are shown: those were
 * written for people and without secrets, others may hold anything.
 */
export function describeFailure(error: unknown, fqdn: string): StepFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return describeTimeout(cause, fqdn);
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type))
    return { code: cause.type, message: cause.message };
  return {
    code: 'UnexpectedError',
    message: `The engine of ${fqdn} met an error it does not know. Its log says more.`,
  };
}

function describeTimeout(timeout: TimeoutFailure, fqdn: string): StepFailure {
  if (timeout.timeoutType === 'SCHEDULE_TO_START') {
    return {
      code: 'EngineOffline',
      message: `Queued: no engine of ${fqdn} takes this step up; none is running, or all are busy. It is done as soon as one is free.`,
    };
  }
  // A round that ended with its last attempt's failure says more than that it ended.
  if (timeout.cause instanceof ApplicationFailure) return describeFailure(timeout.cause, fqdn);
  return { code: 'EngineTimeout', message: `The engine of ${fqdn} did not finish in time. The step is tried again.` };
}
