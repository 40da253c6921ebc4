/** From a described route to a running one: authenticate, permit, parse, handle, answer, in this order. */
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import type { Route } from '../../contracts/http/route.ts';
import { can, type User } from '../../contracts/permissions.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import { etagOf, parseIfMatch } from './etag.ts';
import { parseIdempotencyKey, parseRequest } from './parse.ts';
import { readBody } from './read-body.ts';
import { refusal } from './refusal.ts';
import { contextOf, type RequestContext } from './request-context.ts';

/** What a handler is given. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Undefined behind routes for `anyone` only, whose handlers do not look. */
  readonly caller: User;
  /** Of `post` routes; empty elsewhere. */
  readonly idempotencyKey: string;
  /** The version in If-Match, of routes that need one; 0 elsewhere. */
  readonly ifMatch: number;
  /** For the log: which account the request is about, and what it asks of it. */
  readonly isAbout: RequestContext['isAbout'];
}

export interface HandlerAnswer<A = unknown> {
  readonly body: A;
  /** Becomes the ETag. */
  readonly version?: number;
  /** The path of the new resource. */
  readonly location?: string;
}

export interface Implementation {
  readonly route: Route;
  readonly handle: (call: Call) => Promise<HandlerAnswer>;
}

/** Ties a handler to its route, with the types of the route's schemas. */
export function implement<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  route: Route<P, Q, B, A>,
  handle: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => Promise<HandlerAnswer<z.output<A>>>,
): Implementation {
  return { route, handle: handle as Implementation['handle'] };
}

/** The Express handler of an implementation. */
export function requestHandler({ route, handle }: Implementation, authenticate: Authenticate): RequestHandler {
  return async (request, response) => {
    const context = contextOf(response);
    context.route = route.path;
    if (route.access !== 'anyone') context.caller = await authenticate(request, context.logger);
    permit(route, context.caller);
    const idempotencyKey = route.method === 'post' ? parseIdempotencyKey(request) : '';
    const ifMatch = route.ifMatch ? parseIfMatch(request) : 0;
    const parsed = await parse(route, request, response);
    const { isAbout } = context;
    const call = { ...parsed, caller: context.caller!, idempotencyKey, ifMatch, isAbout };
    send(response, route, await handle(call));
  };
}

function permit(route: Route, caller: User | undefined): void {
  if (typeof route.access === 'string') return;
  const { action, kind } = route.access;
  if (!caller || !can(caller, action, { kind })) throw refusal('Forbidden');
}

async function parse(route: Route, request: Request, response: Response) {
  if (route.method !== 'get') await readBody(request, response);
  return parseRequest(route, request);
}

/** Not through `response.json`: it would answer 304 by the ETag, which does not cover what the caller may do now. */
function send(response: Response, route: Route, { body, version, location }: HandlerAnswer): void {
  if (version !== undefined) response.set('ETag', etagOf(version));
  if (location !== undefined) response.set('Location', location);
  // As bytes: text would be joined to the headers and encoded again, which costs as much as making the JSON.
  const json = Buffer.from(JSON.stringify(body));
  response.status(route.answer.status).set('Content-Type', 'application/json').end(json);
}
