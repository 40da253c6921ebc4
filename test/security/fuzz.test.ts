/** Bad input on every route: never a 5xx, always a problem document, and what is refused changes nothing. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import type { z } from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemSchema } from '../../contracts/http/problem.ts';
import type { Route } from '../../contracts/http/route.ts';
import { ROUTES } from '../../contracts/http/routes.ts';
import { filledPath, goodRequest, type GoodRequest } from '../support/good-requests.ts';
import { startTestApi, type Person, type TestApi } from '../support/test-api.ts';

/** Beside the nasty texts, which are all tried in every field. The whole file stays below two minutes. */
const RUNS_PER_ROUTE = 50;

let api: TestApi;
let postgres: pg.Client;
/** All there are. */
let tables: string[];
beforeAll(async () => {
  api = await startTestApi();
  postgres = new pg.Client({ connectionString: api.database.url });
  await postgres.connect();
  const { rows } = await postgres.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  tables = rows.map(({ name }) => name);
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

/** A good body with one or two of its values, at any depth, replaced, removed or added; mostly text by other text. */
function spoiled(good: unknown): fc.Arbitrary<unknown> {
  const change = fc.tuple(
    fc.nat({ max: 997 }),
    fc.constantFrom('replace', 'retext', 'retext', 'remove', 'add'),
    nastyText,
    nastyValue,
  );
  return fc.array(change, { minLength: 1, maxLength: 2 }).map((changes) => {
    const body = structuredClone(good ?? {}) as Record<string, unknown>;
    for (const [where, how, key, value] of changes) {
      const places = placesIn(body).filter(([holder, name]) => how !== 'retext' || typeof holder[name] === 'string');
      const [holder, name] = places[where % Math.max(places.length, 1)] ?? [body, key];
      // No JSON sets an array's length.
      const isLength = how === 'add' && key === 'length' && Array.isArray(holder);
      if (how === 'remove') delete holder[name];
      else if (!isLength)
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

const QUERY_FIELDS = [
  ...['limit', 'after', 'state', 'domain', 'template', 'name', 'blocked', 'kind', 'account', 'inForce'],
  ...['nothing', '__proto__', 'limit[]'],
];
const query = fc.array(
  fc.constantFrom(...QUERY_FIELDS).chain((name) => fc.tuple(fc.constant(name), name === 'after' ? cursor : nastyText)),
  { maxLength: 4 },
);
const header = fc.string({ unit: fc.constantFrom(...'"*W/0123456789-abc \t,;'), maxLength: 40 });

/** Stands for the ETag that is right. */
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
function attempt(goodBody: unknown): fc.Arbitrary<Attempt> {
  const good: { [K in keyof Attempt]: fc.Arbitrary<Attempt[K]> } = {
    as: fc.constant('ada'),
    pathParts: fc.constant([]),
    query: fc.constant([]),
    body: fc.constant(goodBody),
    key: fc.constant(undefined),
    ifMatch: fc.constant(NEWEST),
  };
  const bad: typeof good = {
    as: fc.constantFrom<Person | undefined>('rita', 'anna', 'olaf', undefined),
    pathParts: fc.array(nastyText, { minLength: 2, maxLength: 2 }),
    query,
    body: fc.oneof(
      { weight: 6, arbitrary: spoiled(goodBody) },
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

function pathOf(route: Route, { path: known }: GoodRequest, { pathParts, query: fields }: Attempt): string {
  const names = Object.keys(known);
  const parts = names.map((name, index) => [name, safe(pathParts[index] ?? known[name]!)] as const);
  const path = filledPath(route, Object.fromEntries(parts));
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
  const digest = (table: string) =>
    `(select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from ${table} t)`;
  const { rows } = await postgres.query(`select ${tables.map((table) => `${digest(table)} as ${table}`).join(', ')}`);
  return rows[0];
}

/** How far Postgres has written, and what the workflows were asked: while it stands still, nothing was changed. */
async function mark(): Promise<string> {
  const { rows } = await postgres.query<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn');
  return `${rows[0]!.lsn} ${api.gateway.calls.length}`;
}

/** The world before the next request; undefined after one that was accepted. Reading it all is slow, and seldom needed. */
let known: { readonly mark: string; readonly world: unknown } | undefined;

async function read(): Promise<NonNullable<typeof known>> {
  return { mark: await mark(), world: { tables: await world(), calls: api.gateway.calls.length } };
}

async function expectUnchanged(): Promise<void> {
  if ((await mark()) === known!.mark) return;
  const present = await read();
  expect(present.world).toEqual(known!.world);
  known = present;
}

/** What the route's requests are about; made again when a request that was accepted has used it up. */
function targetOf(route: Route): { get(): Promise<GoodRequest>; used(): void } {
  let target: Promise<GoodRequest> | undefined;
  const make = (): Promise<GoodRequest> => {
    known = undefined;
    return goodRequest(api, route);
  };
  return { get: () => (target ??= make()), used: () => void (target = undefined) };
}

/** Sends it and holds the answer against the three rules. */
async function tryOut(route: Route, target: ReturnType<typeof targetOf>, tried: Attempt): Promise<void> {
  const good = await target.get();
  known ??= await read();
  const ifMatch = tried.ifMatch === NEWEST ? good.headers?.['if-match'] : tried.ifMatch;
  const answer = await api.send(route.method.toUpperCase(), pathOf(route, good, tried), {
    as: tried.as,
    body: bodyText(route, tried),
    headers: {
      ...(tried.key === undefined ? {} : { 'idempotency-key': tried.key }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    },
  });
  expect(answer.status, answer.text).toBeLessThan(500);
  if (answer.status < 400) {
    if (route.method === 'get') return;
    known = undefined;
    return target.used();
  }
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(problemSchema.strict().safeParse(answer.body).error).toBeUndefined();
  await expectUnchanged();
}

const GOOD: Omit<Attempt, 'body'> = { as: 'ada', pathParts: [], query: [], key: undefined, ifMatch: NEWEST };

describe.each(ROUTES.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  const target = targetOf(route);

  test('takes every nasty text in every field', async () => {
    const body = structuredClone((await target.get()).body ?? {}) as Record<string, unknown>;
    const fields = placesIn(body).filter(([holder, name]) => typeof holder[name] === 'string');
    for (const text of NASTY_TEXTS) {
      for (const [holder, name] of fields) {
        const good = holder[name];
        holder[name] = text;
        await tryOut(route, target, { ...GOOD, body });
        holder[name] = good;
      }
      for (const name of Object.keys((route.query as z.ZodObject).shape)) {
        await tryOut(route, target, { ...GOOD, body, query: [[name, text]] });
      }
      if (route.path.includes('{')) await tryOut(route, target, { ...GOOD, body, pathParts: [text, text] });
    }
    for (const key of forgedKeys().map(encode)) await tryOut(route, target, { ...GOOD, body, query: [['after', key]] });
  });

  test('takes anything without harm', async () => {
    const { body } = await target.get();
    await fc.assert(
      fc.asyncProperty(attempt(body ?? {}), (tried) => tryOut(route, target, tried)),
      { numRuns: RUNS_PER_ROUTE },
    );
  });
});

test('the fuzzer reaches the routes: some of what it tried was accepted', () => {
  const statuses = new Set(api.logLines.map((line) => (JSON.parse(line) as { status?: number }).status));
  for (const expected of [200, 201, 400, 401, 403, 404, 422]) expect(statuses).toContain(expected);
});
