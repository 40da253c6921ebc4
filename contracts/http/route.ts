/**
 * How a route of the API is described. The same description registers the route, parses what comes in, and becomes the
 * OpenAPI document, so that the three cannot differ.
 */
import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import type { Resource, Verb } from '../permissions.ts';

/** All routes are below it. */
export const API_PREFIX = '/api/v1';

/** Header, path and query fields that a route does not have. */
const nothingSchema = z.strictObject({});

/**
 * Who may come in. `anyone`: no token needed; `user`: any user; `by-account`: the route asks `can()` about the account
 * it found; else `can(user, action, { kind })` is asked before anything is parsed.
 */
export type Access =
  'anyone' | 'user' | 'by-account' | { readonly action: Verb; readonly kind: Exclude<Resource['kind'], 'account'> };

export interface Answer<A extends z.ZodType> {
  readonly status: 200 | 201;
  readonly description: string;
  readonly schema: A;
  /** Whether an ETag header says which version of the resource this is. */
  readonly etag?: boolean;
  /** Whether a Location header says where the new resource is. */
  readonly location?: boolean;
}

export interface Route<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  /** Unique, a verb phrase: clients are generated with it. */
  readonly operationId: string;
  /** `post` routes need an Idempotency-Key header; `delete` ones, repeated, find nothing. */
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below {@link API_PREFIX}, with parameters as `{name}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** Whether an If-Match header says which version the caller has seen: always for `put`. */
  readonly ifMatch: boolean;
  readonly params: P;
  readonly query: Q;
  /** `undefined`: the route takes no body. */
  readonly body: B | undefined;
  readonly answer: Answer<A>;
  /** Codes of the catalogue beside those that follow from the fields above. */
  readonly errors: readonly ErrorCode[];
}

type Nothing = typeof nothingSchema;

interface RouteDraft<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType> extends Omit<
  Route<P, Q, B, A>,
  'ifMatch' | 'params' | 'query' | 'body' | 'errors'
> {
  readonly ifMatch?: boolean;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly errors?: readonly ErrorCode[];
}

/** A route with what it leaves out filled in. */
export function defineRoute<
  A extends z.ZodType,
  P extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(draft: RouteDraft<P, Q, B, A>): Route<P, Q, B, A> {
  return {
    ...draft,
    ifMatch: draft.ifMatch ?? draft.method === 'put',
    params: draft.params ?? (nothingSchema as unknown as P),
    query: draft.query ?? (nothingSchema as unknown as Q),
    body: draft.body,
    errors: draft.errors ?? [],
  };
}
