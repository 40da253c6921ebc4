/** Every error of a request becomes one problem document; what is not known becomes InternalError and is logged. */
import type { ErrorRequestHandler, Response } from 'express';
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts';
import { PROBLEM_MEDIA_TYPE, problemType, type Problem } from '../../contracts/http/problem.ts';
import { isDatabaseFailure } from '../../db/errors.ts';
import { isRefusal, refusal, type Refusal } from './refusal.ts';
import { contextOf } from './request-context.ts';

/** The document for a refusal. */
export function problemOf({ code, message, errors }: Refusal, requestId: string): Problem {
  const { title, httpStatus } = ERRORS[code];
  return {
    type: problemType(code),
    title,
    status: httpStatus,
    code,
    detail: message,
    requestId,
    ...(errors && errors.length > 0 ? { errors: [...errors] } : {}),
  };
}

/** Express's last middleware. */
export const answerWithProblem: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  sendProblem(response, refusalFrom(error, response));
};

function sendProblem(response: Response, refused: Refusal): void {
  const context = contextOf(response);
  context.refusedWith = refused.code;
  const problem = problemOf(refused, context.requestId);
  if (refused.code === 'Unauthenticated') response.set('WWW-Authenticate', 'Bearer realm="account-lifecycle-manager"');
  if (refused.code === 'ServiceUnavailable') response.set('Retry-After', '5');
  response.status(problem.status).set('Content-Type', PROBLEM_MEDIA_TYPE).end(JSON.stringify(problem));
}

function refusalFrom(error: unknown, response: Response): Refusal {
  const { logger } = contextOf(response);
  if (isRefusal(error)) {
    if (error.cause !== undefined) logger.warn({ error: error.cause, code: error.code }, error.message);
    return error;
  }
  const code = bodyErrorCode(error);
  if (code) return refusal(code);
  if (error instanceof URIError) return refusal('NotFound');
  if (isDatabaseFailure(error) && error.transient) {
    logger.error({ error }, 'the database does not answer');
    return refusal('ServiceUnavailable', 'The database does not answer. Try again.');
  }
  logger.error({ error }, 'a request met an error that is not known');
  return refusal('InternalError', 'Something went wrong on our side. The log has more under this request id.');
}

/** body-parser marks its errors with a `type`. */
const BODY_ERRORS: Readonly<Record<string, ErrorCode>> = {
  'entity.parse.failed': 'MalformedBody',
  'entity.verify.failed': 'MalformedBody',
  'request.size.invalid': 'MalformedBody',
  'request.aborted': 'MalformedBody',
  'entity.too.large': 'PayloadTooLarge',
  'encoding.unsupported': 'UnsupportedMediaType',
  'charset.unsupported': 'UnsupportedMediaType',
};

function bodyErrorCode(error: unknown): ErrorCode | undefined {
  const { type } = (error ?? {}) as { type?: unknown };
  return typeof type === 'string' && Object.hasOwn(BODY_ERRORS, type) ? BODY_ERRORS[type] : undefined;
}
