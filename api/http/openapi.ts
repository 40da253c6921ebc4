/** The route table as an OpenAPI 3.1 document. Everything in it comes from the schemas that parse and type the routes. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts';
import { PROBLEM_MEDIA_TYPE, problemSchema } from '../../contracts/http/problem.ts';
import { API_PREFIX, type Route } from '../../contracts/http/route.ts';
import { ROUTES } from '../../contracts/http/routes.ts';
import { ANSWERED, SENT, type SchemaNames } from './openapi-names.ts';

type Json = Record<string, unknown>;

export interface OpenApiDocument extends Json {
  readonly openapi: '3.1.0';
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> } & Json;
}

const DESCRIPTION = `Service accounts in Active Directory, from request to retirement.

Every \`POST\` needs an \`Idempotency-Key\` header: a new UUID for each new request. The same request under the same key has the first one's answer and no further effect, so it is safe to repeat a request whose answer was lost. Lists are read a page at a time: \`next\` of one page is \`after\` of the following one. Refusals are problem documents (RFC 9457); programs decide by \`code\`.`;

/** `publicUrl`: where callers reach the API, if that is known. */
export function createOpenApiDocument(publicUrl?: string): OpenApiDocument {
  const schemas: Record<string, Json> = {};
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) {
    (paths[route.path] ??= {})[route.method] = operationOf(route, schemas);
  }
  schemaOf(problemSchema, ANSWERED, 'output', schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Account Lifecycle Manager',
      version: '1',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: `${publicUrl?.replace(/\/$/, '') ?? ''}${API_PREFIX}` }],
    security: [{ token: [] }],
    tags: [...new Set(ROUTES.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token: alm_…' } },
    },
  };
}

function operationOf(route: Route, schemas: Record<string, Json>): Json {
  const { operationId, tag, summary, description, access, body, answer } = route;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    ...(access === 'anyone' ? { security: [] } : {}),
    parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query), ...headersOf(route)],
    ...(body
      ? {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { 'application/json': { schema: schemaOf(body, SENT, 'input', schemas) } },
          },
        }
      : {}),
    responses: {
      [answer.status]: {
        description: answer.description,
        headers: answerHeaders(route),
        content: { 'application/json': { schema: schemaOf(answer.schema, ANSWERED, 'output', schemas) } },
      },
      ...refusalsOf(route),
    },
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, SENT, 'input', {}) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...of }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema: of,
  }));
}

function headersOf({ method, ifMatch }: Route): Json[] {
  const header = (name: string, description: string, schema: Json) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string', ...schema },
  });
  const key = { pattern: '^[\\x21-\\x7e]{1,255}$' };
  const version = { pattern: '^"\\d{1,9}"$' };
  return [
    ...(method === 'post' ? [header('Idempotency-Key', 'A new UUID for each new request', key)] : []),
    ...(ifMatch ? [header('If-Match', 'The ETag of the version that was seen', version)] : []),
  ];
}

function answerHeaders({ answer }: Route): Json {
  const text = (description: string) => ({ description, schema: { type: 'string' } });
  return {
    'X-Request-Id': text('Finds the request in the logs'),
    ...(answer.etag ? { ETag: text('The version of the resource') } : {}),
    ...(answer.location ? { Location: text('The path of the new resource') } : {}),
  };
}

/** Every code a route can refuse with. Codes that share a status share a response. */
function refusalCodesOf(route: Route): ErrorCode[] {
  const { method, access, ifMatch, params, errors } = route;
  const fields = (schema: z.ZodType): boolean => Object.keys((schema as z.ZodObject).shape).length > 0;
  return [
    ...new Set<ErrorCode>([
      ...(access === 'anyone' ? [] : (['Unauthenticated', 'ServiceUnavailable'] as const)),
      ...(typeof access === 'object' ? (['Forbidden'] as const) : []),
      ...(fields(params) ? (['NotFound'] as const) : []),
      // Unknown query fields are refused everywhere.
      'InvalidRequest',
      ...(method === 'post' ? (['IdempotencyKeyMissing', 'IdempotencyKeyReused'] as const) : []),
      ...(ifMatch ? (['PreconditionRequired', 'PreconditionFailed'] as const) : []),
      ...(method === 'get' ? [] : (['MalformedBody', 'PayloadTooLarge', 'UnsupportedMediaType'] as const)),
      ...errors,
      'InternalError',
    ]),
  ];
}

function refusalsOf(route: Route): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of refusalCodesOf(route)) {
    const { httpStatus } = ERRORS[code];
    byStatus.set(httpStatus, [...(byStatus.get(httpStatus) ?? []), code]);
  }
  const entries = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    entries.map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('. '),
        content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

/** The JSON Schema of `schema`; named schemas inside of it are put into `schemas` and referred to. */
function schemaOf(schema: z.ZodType, names: SchemaNames, io: 'input' | 'output', schemas: Record<string, Json>): Json {
  const generated = z.toJSONSchema(schema, {
    io,
    metadata: names,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { description } = zodSchema as unknown as z.ZodType;
      if (description !== undefined) jsonSchema.description = description;
    },
  });
  const { $schema: _dialect, $defs = {}, ...root } = inComponents(generated) as Json & { $defs?: Record<string, Json> };
  for (const [id, definition] of Object.entries($defs)) schemas[id] = withoutId(definition);
  const id = names.get(schema)?.id;
  if (id === undefined) return root;
  schemas[id] ??= withoutId(root);
  return { $ref: `#/components/schemas/${id}` };
}

function withoutId({ id: _id, $id: _uri, ...rest }: Json): Json {
  return rest;
}

/** References point into the document's components. */
function inComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inComponents);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', '#/components/schemas/')]
        : [key, inComponents(inner)],
    ),
  );
}
