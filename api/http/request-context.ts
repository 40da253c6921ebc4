/** What every request carries through the app: an id, a logger that says it, and later the caller. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { User } from '../../contracts/permissions.ts';
import type { Logger } from '../../infra/runtime/logger.ts';
import type { Clock } from '../clock.ts';
import type { RequestMetrics } from '../metrics.ts';

/** By these the lines of the workers say what they work for. */
export interface Subject {
  readonly accountId: string;
  /** Of the update that the request asks of the account's workflow. */
  readonly operationId?: string;
}

export interface RequestContext {
  readonly requestId: string;
  /** Says the request's id, and what it is about once that is known. */
  logger: Logger;
  /** From now on the request's lines say so. */
  readonly isAbout: (subject: Subject) => void;
  caller?: User;
  /** Of the problem that is the answer. */
  refusedWith?: ErrorCode;
  /** The route's path as the table has it: logs and metrics never have the address itself. */
  route?: string;
}

/** A proxy's id is kept when it looks like one, so that its logs and ours can be joined. */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

export function contextOf(response: Response): RequestContext {
  return response.locals['context'] as RequestContext;
}

/** Gives each request its context, and one log line and one observation when it is answered. */
export function requestContext(logger: Logger, clock: Clock, metrics: RequestMetrics | undefined): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id');
    const requestId = given && REQUEST_ID.test(given) ? given : randomUUID();
    const context = contextFor(requestId, logger.child({ requestId }));
    response.locals['context'] = context;
    response.set('X-Request-Id', requestId);
    const startedMs = clock().getTime();
    response.once('close', () => {
      const durationMs = clock().getTime() - startedMs;
      const route = context.route ?? 'none';
      const { statusCode: status } = response;
      metrics?.observe({ method: request.method, route, status, durationMs });
      const { caller, refusedWith: code } = context;
      const facts = { method: request.method, route, status, durationMs, user: caller?.name, code };
      if (response.writableFinished) context.logger[status < 500 ? 'info' : 'warn'](facts, 'request');
      else context.logger.warn(facts, 'the caller went away before the answer');
    });
    next();
  };
}

function contextFor(requestId: string, logger: Logger): RequestContext {
  let known: Partial<Subject> = {};
  const context: RequestContext = {
    requestId,
    logger,
    isAbout: (subject) => {
      known = { ...known, ...subject };
      // Not of the child that is there already: its fields would be written twice.
      context.logger = logger.child(known);
    },
  };
  return context;
}
