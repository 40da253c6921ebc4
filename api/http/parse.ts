/** What comes in, parsed by the route's schemas: all bad fields are reported at once. */
import type { Request } from 'express';
import { z } from 'zod';
import type { FieldError } from '../../contracts/http/problem.ts';
import type { Route } from '../../contracts/http/route.ts';
import { IN_WORDS } from './field-messages.ts';
import { invalid, notFound, refusal } from './refusal.ts';

export interface Parsed {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** The request's fields as the route's schemas have them. A path that cannot name anything is a path to nothing: 404. */
export function parseRequest(route: Route, request: Request): Parsed {
  const params = route.params.safeParse({ ...request.params });
  if (!params.success) throw notFound();
  const query = route.query.safeParse({ ...request.query }, IN_WORDS);
  const body = parseBody(route, request);
  const errors = [
    ...(query.success ? [] : fieldErrors('query', query.error)),
    ...(body.success ? [] : fieldErrors('body', body.error)),
  ];
  if (errors.length > 0) throw invalid(errors);
  return { params: params.data, query: query.data, body: body.data };
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** The caller's name for this one request, which `post` routes need. */
export function parseIdempotencyKey(request: Request): string {
  const key = request.get('idempotency-key');
  if (!key) throw refusal('IdempotencyKeyMissing', 'Send an Idempotency-Key header: a new UUID for each new request.');
  if (IDEMPOTENCY_KEY.test(key)) return key;
  const message = 'must have 1 to 255 printable ASCII characters without spaces';
  throw invalid([{ location: 'header', field: 'Idempotency-Key', message }]);
}

const MAX_ERRORS = 100;

/**
 * One entry for each bad field, with the first thing that is wrong with it. Names of fields are the caller's own text, so
 * they are cut.
 */
export function fieldErrors(location: FieldError['location'], error: z.ZodError): FieldError[] {
  const found = error.issues.flatMap((issue) => {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    const message = issue.code === 'unrecognized_keys' ? 'is not a field of this request' : issue.message;
    return paths.map((path) => ({ location, field: fieldName(location, path).slice(0, 300), message }));
  });
  const isFirst = ({ field }: FieldError, index: number) => found.findIndex((one) => one.field === field) === index;
  return found.slice(0, MAX_ERRORS).filter(isFirst);
}

/** In a body a JSON pointer (RFC 6901): the empty one is the whole body. */
export function fieldName(location: FieldError['location'], path: readonly PropertyKey[]): string {
  if (location !== 'body') return path.map(String).join('.');
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const nothingOrEmpty = z.strictObject({}).optional();

/** A route without a body takes none, or an empty object: some clients always send one. */
function parseBody(route: Route, request: Request): z.ZodSafeParseResult<unknown> {
  const body: unknown = request.body;
  return (route.body ?? nothingOrEmpty).safeParse(body, IN_WORDS);
}
