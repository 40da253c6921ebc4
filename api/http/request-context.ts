/** What every request carries through the app: an id, a logger that says it, and later the caller. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { User } from '../../contracts/permissions.ts';
import type { Logger } from '../../infra/runtime/logger.ts';
import type { Clock } from '../clock.ts';
import type { RequestMetrics } from '../metrics.ts';

export interface RequestContext {
  readonly requestId: string;
  readonly logger: Logger;
  caller?: User;
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
    const context: RequestContext = { requestId, logger: logger.child({ requestId }) };
    response.locals['context'] = context;
    response.set('X-Request-Id', requestId);
    const startedMs = clock().getTime();
    response.once('close', () => {
      const durationMs = clock().getTime() - startedMs;
      const route = context.route ?? 'none';
      const { statusCode: status } = response;
      metrics?.observe({ method: request.method, route, status, durationMs });
      const facts = { method: request.method, route, status, durationMs, user: context.caller?.name };
      if (response.writableFinished) context.logger.info(facts, 'request');
      else context.logger.warn(facts, 'the caller went away before the answer');
    });
    next();
  };
}
