/** What the server answers is what its OpenAPI document says, for every route. */
import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenApiDocument } from '../../api/http/openapi.ts';
import type { Route } from '../../contracts/http/route.ts';
import { ROUTES } from '../../contracts/http/routes.ts';
import { project } from '../support/fake-gateway.ts';
import { filledPath, goodRequest, type GoodRequest } from '../support/good-requests.ts';
import { sampleAccount } from '../support/projection-samples.ts';
import { startTestApi, type Answered, type Sent, type TestApi } from '../support/test-api.ts';

let api: TestApi;
let document: OpenApiDocument;
let ajv: Ajv2020;

beforeAll(async () => {
  api = await startTestApi();
  document = (await api.send('GET', '/openapi.json')).body;
  // Formats and patterns count; what is undocumented in an answer is an error (additionalProperties: false).
  ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const blocked = {
    code: 'EngineOffline',
    since: '2026-01-31T12:00:00.000Z',
    step: 'stage-credential',
    message: 'Queued: no engine is running.',
    retrying: true,
  } as const;
  await project(api.database.db, sampleAccount({ state: 'approved', blocked }));
});
afterAll(async () => api.close());

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly of: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

function operation(operationId: string): Operation {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, of] of Object.entries(methods))
      if (of['operationId'] === operationId) return { method, path, of };
  }
  throw new Error(`the document has no operation ${operationId}`);
}

/** What is wrong with `value` by a schema of the document; undefined when nothing is. */
function problemsWith(value: unknown, schema: object): string | undefined {
  const validate = ajv.compile({ components: document.components, allOf: [schema] });
  return validate(value) ? undefined : JSON.stringify(validate.errors);
}

/** Holds an answer against the response that the document has for its status. */
function expectDocumented(operationId: string, answer: Answered): void {
  const { of } = operation(operationId);
  const response = of.responses[answer.status];
  expect(response, `${operationId} answered ${answer.status}: ${answer.text}`).toBeDefined();
  const mediaType = answer.headers.get('content-type')!.split(';')[0]!;
  expect(Object.keys(response.content)).toEqual([mediaType]);
  expect(problemsWith(answer.body, response.content[mediaType].schema), operationId).toBeUndefined();
  for (const header of Object.keys(response.headers ?? {})) {
    expect(answer.headers.get(header), `${operationId} has no ${header}`).not.toBeNull();
  }
}

const ODD_NUMBERS = ['', '0', '-1', '+5', '05', '5.0', '5.5', '1e1', '0x10', ' 5', '5 ', '201', '1_0', 'NaN', '٥'];

/** A parameter's text as JSON has numbers: what is none stays text. */
function parameterOf(text: string): unknown {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && !text.endsWith('.0') ? Number(text) : text;
}

type Change = (body: any) => unknown; // eslint-disable-line @typescript-eslint/no-explicit-any

/** Ways to spoil each of the body's values, at any depth, one at a time. */
function changesOf(value: unknown): Change[] {
  const here = spoilt(value).map((other) => () => other);
  if (typeof value !== 'object' || value === null) return here;
  const within = Object.entries(value).flatMap(([name, inner]) =>
    changesOf(inner).map((change): Change => (outer) => {
      outer[name] = change(outer[name]);
      return outer;
    }),
  );
  return [...here, ...within];
}

function spoilt(value: unknown): unknown[] {
  if (typeof value === 'number') return [null, String(value), -1, 0, value + 0.5, 1e12, true];
  if (typeof value !== 'string') return [null, 'x', 7];
  const around = [` ${value}`, `${value} `, `\t${value}`, `${value}\n`, `${value}\u00a0`];
  return [null, 7, '', ' ', value.toUpperCase(), `é${value}`, value.padEnd(5000, 'x'), value.padEnd(5000), ...around];
}

/** For each route a request that is accepted. */
async function accepted(route: Route): Promise<Sent & GoodRequest> {
  const { path, body, headers } = await goodRequest(api, route);
  const as = route.access === 'anyone' ? undefined : route.operationId === 'decideOnAccount' ? 'anna' : 'ada';
  return { as, path, body, headers: { ...headers } };
}

async function call(route: Route, { path, query = '', ...sent }: Sent & GoodRequest & { query?: string }) {
  return api.send(route.method.toUpperCase(), filledPath(route, path) + query, sent);
}

describe.each(ROUTES.map((route) => [route.operationId, route] as const))('%s', (operationId, route) => {
  test('an accepted request', async () => {
    const answer = await call(route, await accepted(route));
    expect(answer.status, answer.text).toBe(route.answer.status);
    expectDocumented(operationId, answer);
  });

  test('its body passes the documented schema', async () => {
    const { body } = await accepted(route);
    const { of } = operation(operationId);
    expect(of.requestBody === undefined).toBe(body === undefined);
    if (body === undefined) return;
    expect(problemsWith(body, of.requestBody.content['application/json'].schema)).toBeUndefined();
  });

  test('what the document forbids of a field is refused', async () => {
    const { of } = operation(operationId);
    const schema = of.requestBody?.content['application/json'].schema;
    for (const change of schema ? changesOf((await accepted(route)).body) : []) {
      const good = await accepted(route);
      const body = change(structuredClone(good.body));
      if (problemsWith(body, schema) === undefined) continue;
      // A text is sent as it is.
      const answer = await call(route, { ...good, body: JSON.stringify(body) });
      expect(answer.status, `${JSON.stringify(body).slice(0, 500)} was answered ${answer.text}`).toBe(422);
    }
    const { schema: limit } = of.parameters.find(({ name }: { name: string }) => name === 'limit') ?? {};
    for (const text of limit ? ODD_NUMBERS : []) {
      if (problemsWith(parameterOf(text), limit) === undefined) continue;
      const answer = await call(route, { ...(await accepted(route)), query: `?limit=${encodeURIComponent(text)}` });
      expect(answer.status, `limit=${text} was answered ${answer.text}`).toBe(422);
    }
  });

  test('refusals', async () => {
    const good = await accepted(route);
    const nothing = { id: randomUUID(), name: 'nobody-there', version: '77', fqdn: 'nowhere.example.com' };
    const attempts: (Sent & GoodRequest & { query?: string })[] = [
      { ...good, as: undefined },
      { ...good, as: 'gone' },
      { ...good, as: 'other-owner' },
      { ...good, query: '?nothing=1' },
      ...(Object.keys(good.path).length > 0 ? [{ ...good, path: nothing }] : []),
      ...(route.method === 'get'
        ? []
        : [
            { ...good, body: { nothing: 1 } },
            { ...good, body: '{' },
          ]),
      ...(route.method === 'post' ? [{ ...good, headers: { ...good.headers, 'idempotency-key': '' } }] : []),
      ...(route.ifMatch
        ? [
            { ...good, headers: {} },
            { ...good, headers: { 'if-match': '"99"' } },
          ]
        : []),
    ];
    let refused = 0;
    for (const sent of attempts) {
      const answer = await call(route, sent);
      expectDocumented(operationId, answer);
      if (answer.status >= 400) refused += 1;
    }
    if (route.access !== 'anyone') expect(refused).toBeGreaterThanOrEqual(2);
  });
});

test('the reference is served from here alone, under a policy that lets nothing else in', async () => {
  const page = await api.send('GET', '/reference/');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  const linked = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
  expect(linked.length).toBe(3);
  for (const path of linked) {
    expect(path).toMatch(/^\/api\/v1\/reference\//);
    const asset = await fetch(api.url + path);
    expect(asset.status, path).toBe(200);
    expect(asset.headers.get('content-type')).toMatch(path.endsWith('.css') ? /css/ : /javascript/);
    await asset.body?.cancel();
  }
});
