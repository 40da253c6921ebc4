/** What the server answers is what its OpenAPI document says, for every route. */
import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenApiDocument } from '../../api/http/openapi.ts';
import { ROUTES } from '../../contracts/http/routes.ts';
import { project } from '../support/fake-gateway.ts';
import { sampleAccount, sampleTemplate } from '../support/projection-samples.ts';
import { startTestApi, type Answered, type Sent, type TestApi } from '../support/test-api.ts';

let api: TestApi;
let document: OpenApiDocument;
let ajv: Ajv2020;
const accountId = randomUUID();

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
  await project(api.database.db, sampleAccount({ id: accountId, state: 'approved', blocked }));
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

interface Case extends Sent {
  readonly path?: Record<string, string>;
  readonly query?: string;
}

async function call(operationId: string, { path = {}, query = '', ...sent }: Case): Promise<Answered> {
  const { method, path: template } = operation(operationId);
  const filled = template.replaceAll(/\{(\w+)\}/g, (_all, name: string) => path[name]!);
  return api.send(method.toUpperCase(), filled + query, sent);
}

/** For each route a request that is accepted. */
const ACCEPTED: Readonly<Record<string, () => Case>> = {
  readMe: () => ({ as: 'rita' }),
  listUsers: () => ({ as: 'ada', query: '?limit=2' }),
  createUser: () => ({ as: 'ada', body: { name: `new-${randomUUID()}`, role: 'owner' } }),
  replaceUserToken: () => ({ as: 'ada', path: { name: 'other-owner' } }),
  disableUser: () => ({ as: 'ada', path: { name: 'other-owner' } }),
  enableUser: () => ({ as: 'ada', path: { name: 'other-owner' } }),
  listDomains: () => ({ as: 'rita' }),
  createDomain: () => ({ as: 'ada', body: { fqdn: 'second.example.com' } }),
  listTemplates: () => ({ as: 'rita' }),
  createTemplate: () => ({ as: 'ada', body: sampleTemplate() }),
  readTemplate: () => ({ as: 'rita', path: { id: api.template.id } }),
  readTemplateVersion: () => ({ as: 'rita', path: { id: api.template.id, version: '1' } }),
  changeTemplate: () => ({
    as: 'ada',
    path: { id: api.template.id },
    body: sampleTemplate(),
    headers: { 'if-match': '"1"' },
  }),
  submitRequest: () => ({
    as: 'rita',
    body: { templateId: api.template.id, samAccountName: 'svc-openapi', justification: 'For the document.' },
  }),
  listAccounts: () => ({ as: 'ada', query: '?limit=1&blocked=true&state=approved' }),
  readAccount: () => ({ as: 'ada', path: { id: accountId } }),
  listAccountEvents: () => ({ as: 'ada', path: { id: accountId } }),
  decideOnAccount: () => ({ as: 'anna', path: { id: accountId }, body: { decision: 'approve' } }),
  readOpenApi: () => ({}),
};

const action = (): Case => ({ as: 'ada', path: { id: accountId } });

describe.each(ROUTES.map((route) => [route.operationId, route] as const))('%s', (operationId, route) => {
  test('an accepted request', async () => {
    const answer = await call(operationId, (ACCEPTED[operationId] ?? action)());
    expect(answer.status, answer.text).toBe(route.answer.status);
    expectDocumented(operationId, answer);
  });

  test('refusals', async () => {
    const good = (ACCEPTED[operationId] ?? action)();
    const nothing = { id: randomUUID(), name: 'nobody-there', version: '77' };
    const attempts: Case[] = [
      { ...good, as: undefined },
      { ...good, as: 'gone' },
      { ...good, as: 'other-owner' },
      { ...good, query: '?nothing=1' },
      ...(good.path ? [{ ...good, path: nothing }] : []),
      ...(route.method === 'get'
        ? []
        : [
            { ...good, body: { nothing: 1 } },
            { ...good, body: '{' },
          ]),
      ...(route.method === 'post' ? [{ ...good, headers: { 'idempotency-key': '' } }] : []),
      ...(route.method === 'put'
        ? [
            { ...good, headers: {} },
            { ...good, headers: { 'if-match': '"99"' } },
          ]
        : []),
    ];
    let refused = 0;
    for (const sent of attempts) {
      const answer = await call(operationId, sent);
      expectDocumented(operationId, answer);
      if (answer.status >= 400) refused += 1;
    }
    if (route.access !== 'anyone') expect(refused).toBeGreaterThanOrEqual(2);
  });
});

test('every body that is documented as an example of its route passes the documented schema', () => {
  for (const [operationId, accepted] of Object.entries(ACCEPTED)) {
    const { body } = accepted();
    const { of } = operation(operationId);
    if (body === undefined) continue;
    expect(problemsWith(body, of.requestBody.content['application/json'].schema), operationId).toBeUndefined();
  }
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
