/** Bad input on every route: never a 5xx, always a problem document, and what is refused changes nothing. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import type { z } from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemSchema } from '../../contracts/http/problem.ts';
import type { Route } from '../../contracts/http/route.ts';
import { ROUTES } from '../../contracts/http/routes.ts';
import { project } from '../support/fake-gateway.ts';
import { sampleAccount, sampleTemplate } from '../support/projection-samples.ts';
import { startTestApi, type Person, type TestApi } from '../support/test-api.ts';

/** Beside the nasty texts, which are all tried in every field. The whole file stays below two minutes. */
const RUNS_PER_ROUTE = 50;

const IDS = { account: randomUUID(), template: '' };

let api: TestApi;
let postgres: pg.Client;
beforeAll(async () => {
  api = await startTestApi();
  postgres = new pg.Client({ connectionString: api.database.url });
  await postgres.connect();
  IDS.template = api.template.id;
  await project(api.database.db, sampleAccount({ id: IDS.account, requester: 'rita', owners: ['rita', 'olaf'] }));
});
afterAll(async () => {
  await postgres.end();
  await api.close();
});

// What is tried ------------------------------------------------------------------------------------------------------

const NASTY_TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'e\u0301'.repeat(500),
  '\u202e\u200b',
  'x'.repeat(5_000),
  "' or 1=1 --",
  '%_\\',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '(a+)+$',
  '((a{200}){200}){200}',
  '[',
  '\\p{Greek}',
  '1e400',
  '-1',
  '9007199254740993',
  'P99999D',
  'P9999Y',
  'PT0S',
  '0000-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  'CN=x,DC=corp,DC=example,DC=com\n',
  'OU=Managed\\,DC=corp,DC=example,DC=com',
];
const nastyText = fc.oneof(fc.constantFrom(...NASTY_TEXTS), fc.string({ unit: 'binary', maxLength: 80 }));
const nastyValue = fc.oneof(
  nastyText,
  fc.constantFrom(null, true, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], { __proto__: null }),
  fc.jsonValue({ maxDepth: 2 }),
);
const cursor = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 2 }).map(encode),
  fc.constantFrom(...forgedKeys().map(encode)),
);

function forgedKeys(): unknown[] {
  return [
    { submittedAt: '0000-01-01T00:00:00.000Z', id: randomUUID() },
    { submittedAt: '9999-12-31T23:59:59.999Z', id: randomUUID() },
    { name: '\u0000', id: randomUUID() },
    { name: '\ud800', id: randomUUID() },
    2 ** 31,
    -1,
    '\u0000',
  ];
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A body that would be accepted. */
function goodBody({ operationId }: Pick<Route, 'operationId'>): unknown {
  switch (operationId) {
    case 'createUser':
      return { name: 'somebody', role: 'owner' };
    case 'createDomain':
      return { fqdn: 'd.example.com' };
    case 'createTemplate':
    case 'changeTemplate':
      return sampleTemplate();
    case 'submitRequest':
      return {
        templateId: IDS.template,
        samAccountName: 'svc-fuzz',
        justification: 'Because.',
        description: 'Of the fuzzer.',
        owners: ['olaf'],
      };
    case 'decideOnAccount':
      return { decision: 'deny', reason: 'No.' };
    default:
      return {};
  }
}

/** A good body with one or two of its values, at any depth, replaced, removed or added; mostly text by other text. */
function spoiled(route: Route): fc.Arbitrary<unknown> {
  const change = fc.tuple(
    fc.nat({ max: 997 }),
    fc.constantFrom('replace', 'retext', 'retext', 'remove', 'add'),
    nastyText,
    nastyValue,
  );
  return fc.array(change, { minLength: 1, maxLength: 2 }).map((changes) => {
    const body = structuredClone(goodBody(route)) as Record<string, unknown>;
    for (const [where, how, key, value] of changes) {
      const places = placesIn(body).filter(([holder, name]) => how !== 'retext' || typeof holder[name] === 'string');
      const [holder, name] = places[where % Math.max(places.length, 1)] ?? [body, key];
      if (how === 'remove') delete holder[name];
      else
        Object.defineProperty(holder, how === 'add' ? key : name, {
          ...(how === 'retext' ? { value: key } : { value }),
          enumerable: true,
          configurable: true,
        });
    }
    return body;
  });
}

function placesIn(value: object): [Record<string, unknown>, string][] {
  return Object.entries(value).flatMap(([name, inner]) => [
    [value as Record<string, unknown>, name] as [Record<string, unknown>, string],
    ...(typeof inner === 'object' && inner !== null ? placesIn(inner) : []),
  ]);
}

const QUERY_FIELDS = ['limit', 'after', 'state', 'domain', 'name', 'blocked', 'nothing', '__proto__', 'limit[]'];
const query = fc.array(
  fc.constantFrom(...QUERY_FIELDS).chain((name) => fc.tuple(fc.constant(name), name === 'after' ? cursor : nastyText)),
  { maxLength: 4 },
);
const header = fc.string({ unit: fc.constantFrom(...'"*W/0123456789-abc \t,;'), maxLength: 40 });

/** Stands for the ETag that is right when the request is sent. */
const NEWEST = 'newest';

interface Attempt {
  readonly as: Person | undefined;
  /** In the place of the path's parameters; undefined is one that exists. */
  readonly pathParts: readonly (string | undefined)[];
  readonly query: readonly (readonly [string, string])[];
  readonly body: unknown;
  readonly key: string | undefined;
  readonly ifMatch: string;
}

/** Mostly one part of the request is bad and all others are good, so that the bad one is what decides. */
function attempt(route: Route): fc.Arbitrary<Attempt> {
  const good: { [K in keyof Attempt]: fc.Arbitrary<Attempt[K]> } = {
    as: fc.constant('ada'),
    pathParts: fc.constant([]),
    query: fc.constant([]),
    body: fc.constant(goodBody(route)),
    key: fc.constant(undefined),
    ifMatch: fc.constant(NEWEST),
  };
  const bad: typeof good = {
    as: fc.constantFrom<Person | undefined>('rita', 'anna', 'olaf', undefined),
    pathParts: fc.array(nastyText, { minLength: 2, maxLength: 2 }),
    query,
    body: fc.oneof(
      { weight: 6, arbitrary: spoiled(route) },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
      { weight: 1, arbitrary: nastyText.map((text) => ({ raw: text })) },
    ),
    key: header,
    ifMatch: fc.oneof(fc.constantFrom('"999999999"', '"9999999999"', ''), header),
  };
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ ...good, body: bad.body }) },
    { weight: 4, arbitrary: fc.record({ ...good, query: bad.query }) },
    { weight: 3, arbitrary: fc.record({ ...good, pathParts: bad.pathParts }) },
    { weight: 1, arbitrary: fc.record({ ...good, key: bad.key, ifMatch: bad.ifMatch }) },
    { weight: 2, arbitrary: fc.record(bad) },
  );
}

// Trying it ----------------------------------------------------------------------------------------------------------

function pathOf(route: Route, { pathParts, query: fields }: Attempt): string {
  const [first, second] = pathParts;
  const known = route.path.startsWith('/accounts') ? IDS.account : IDS.template;
  const path = route.path
    .replace('{id}', () => encodeURIComponent(safe(first ?? known)))
    .replace('{name}', () => encodeURIComponent(safe(first ?? 'olaf')))
    .replace('{version}', () => encodeURIComponent(safe(second ?? '1')));
  const search = new URLSearchParams(fields.map(([name, value]) => [name, value] as [string, string])).toString();
  return search ? `${path}?${search}` : path;
}

/** `encodeURIComponent` refuses half a surrogate pair, and an empty part or dots would be another path. */
function safe(text: string): string {
  return text.toWellFormed().replace(/^\.{0,2}$/, '%') || '%';
}

function bodyText(route: Route, { body }: Attempt): string | undefined {
  if (route.method === 'get') return undefined;
  const raw = (body as { raw?: unknown } | null)?.raw;
  return typeof raw === 'string' ? raw : JSON.stringify(body);
}

/** Everything that a request could change. */
async function world(): Promise<unknown> {
  const tables = ['users', 'domains', 'templates', 'template_versions', 'operations', 'accounts', 'account_events'];
  const digest = (table: string) =>
    `(select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from ${table} t)`;
  const { rows } = await postgres.query(`select ${tables.map((table) => `${digest(table)} as ${table}`).join(', ')}`);
  return { rows, calls: api.gateway.calls.length };
}

async function ifMatchOf({ ifMatch }: Attempt): Promise<string> {
  if (ifMatch !== NEWEST) return ifMatch;
  const { rows } = await postgres.query('select current_version from templates where id = $1', [IDS.template]);
  return `"${rows[0].current_version}"`;
}

/** Sends it and holds the answer against the three rules. */
async function tryOut(route: Route, tried: Attempt): Promise<void> {
  const before = await world();
  const answer = await api.send(route.method.toUpperCase(), pathOf(route, tried), {
    as: tried.as,
    body: bodyText(route, tried),
    headers: {
      ...(tried.key === undefined ? {} : { 'idempotency-key': tried.key }),
      ...(route.method === 'put' ? { 'if-match': await ifMatchOf(tried) } : {}),
    },
  });
  expect(answer.status, answer.text).toBeLessThan(500);
  if (answer.status < 400) return;
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(problemSchema.strict().safeParse(answer.body).error).toBeUndefined();
  expect(await world()).toEqual(before);
}

const GOOD: Omit<Attempt, 'body'> = { as: 'ada', pathParts: [], query: [], key: undefined, ifMatch: NEWEST };

describe.each(ROUTES.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  test('takes every nasty text in every field', async () => {
    const body = goodBody(route) as Record<string, unknown>;
    const fields = placesIn(body).filter(([holder, name]) => typeof holder[name] === 'string');
    for (const text of NASTY_TEXTS) {
      for (const [holder, name] of fields) {
        const good = holder[name];
        holder[name] = text;
        await tryOut(route, { ...GOOD, body });
        holder[name] = good;
      }
      for (const name of Object.keys((route.query as z.ZodObject).shape)) {
        await tryOut(route, { ...GOOD, body, query: [[name, text]] });
      }
      if (route.path.includes('{')) await tryOut(route, { ...GOOD, body, pathParts: [text, text] });
    }
    for (const key of forgedKeys().map(encode)) await tryOut(route, { ...GOOD, body, query: [['after', key]] });
  });

  test('takes anything without harm', async () => {
    await fc.assert(
      fc.asyncProperty(attempt(route), (tried) => tryOut(route, tried)),
      { numRuns: RUNS_PER_ROUTE },
    );
  });
});

test('the fuzzer reaches the routes: some of what it tried was accepted', async () => {
  const { status } = await api.send('POST', '/domains', {
    as: 'ada',
    body: goodBody({ operationId: 'createDomain' }),
  });
  expect([201, 409]).toContain(status);
  const statuses = new Set(api.logLines.map((line) => (JSON.parse(line) as { status?: number }).status));
  for (const expected of [200, 201, 400, 401, 403, 404, 422]) expect(statuses).toContain(expected);
});
