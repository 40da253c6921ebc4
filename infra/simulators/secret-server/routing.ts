/** From an HTTP request to a call with a user and typed arguments, and back. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { readBody, readQuery, type Arguments } from './arguments.ts';
import { isRefusal } from './refusals.ts';
import type { User, World } from './types.ts';
import { needs } from './versions.ts';

export interface Call {
  readonly world: World;
  readonly user: User;
  readonly query: Arguments;
  readonly body: Arguments;
  readonly request: Request;
  readonly param: (name: string) => string;
}

/** A route that answers 200 with what `work` returns, as JSON; a `Buffer` goes as bytes. */
export function answers(world: World, work: (call: Call) => unknown): RequestHandler {
  return (request, response: Response) => {
    const result = work({ ...callOf(world, request, response), body: readBody(request) });
    if (Buffer.isBuffer(result)) response.type('application/octet-stream').send(result);
    else response.json(result);
  };
}

/** Work that an older version does not have. */
export function since(minimum: string, work: (call: Call) => unknown) {
  return (call: Call): unknown => {
    needs(call.world, minimum);
    return work(call);
  };
}

/** The same for a body that is not a JSON object; `work` reads it itself. */
export function answersRaw(world: World, work: (call: Omit<Call, 'body'>) => Promise<unknown>): RequestHandler {
  return async (request, response: Response) => {
    response.json(await work(callOf(world, request, response)));
  };
}

function callOf(world: World, request: Request, response: Response): Omit<Call, 'body'> {
  return {
    world,
    user: response.locals['user'] as User,
    query: readQuery(request),
    request,
    param: (name) => String(request.params[name]),
  };
}

/** Refusals as they are; anything else is a bug of the simulator, told as the vendor tells its own. */
export const answerErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (isRefusal(error)) {
    response.status(error.answer.status);
    if (error.answer.body === undefined) response.end();
    else response.json(error.answer.body);
    return;
  }
  const exception = error instanceof Error ? error : new Error('unknown');
  response.status(500).json({
    message: 'An error has occurred.',
    exceptionMessage: exception.message,
    exceptionType: exception.name,
    stackTrace: exception.stack,
  });
};
