/** What goes wrong on the way to the workflows, as refusals that callers understand. */
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isErrorCode } from '../../contracts/errors.ts';
import { isRefusal, notFound, refusal } from '../http/refusal.ts';

/** Codes of gRPC. */
export const GRPC = {
  cancelled: 1,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unavailable: 14,
};
const AWAY: readonly number[] = [
  GRPC.cancelled,
  GRPC.deadlineExceeded,
  GRPC.resourceExhausted,
  // The workflow's own task fails over and over: it waits for an operator.
  GRPC.failedPrecondition,
  GRPC.aborted,
  GRPC.unavailable,
];

/** No such workflow, or none that still runs. */
export function isMissing(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError) return true;
  return isGrpcServiceError(error) && Number(error.code) === GRPC.notFound;
}

/** Throws the refusal that stands for `error`; what is missing is NotFound. */
export function rethrow(error: unknown): never {
  throw isMissing(error) ? notFound() : translated(error);
}

/** The refusal that stands for an error of the client, or the error itself when it is not known. */
export function translated(error: unknown): unknown {
  if (isRefusal(error)) return error;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    if (isErrorCode(type)) return refusal(type, message);
    // Temporal's own type: the workflow ended before it could answer.
    if (type === 'AcceptedUpdateCompletedWorkflow') return refusal('StateConflict');
    return error;
  }
  // The client wraps what the server or the way to it said.
  const status = error instanceof ServiceError ? error.cause : error;
  const isAway =
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    (isGrpcServiceError(status) && AWAY.includes(status.code));
  return isAway ? noAnswer(status) : error;
}

/** `cause` is for the log. */
export function noAnswer(cause?: unknown) {
  const refused = refusal(
    'ServiceUnavailable',
    'No answer from the workflows in time. Repeat the request with the same Idempotency-Key: nothing is done twice.',
  );
  return Object.assign(refused, { cause });
}
