/** The API in this process, on a database of its own, with one user for each part somebody can have. */
import { randomUUID } from 'node:crypto';
import { createApp } from '../../api/app.ts';
import { hashToken, newToken } from '../../api/auth/tokens.ts';
import { startServer } from '../../api/http/server.ts';
import type { Template } from '../../contracts/template.ts';
import type { Role } from '../../contracts/permissions.ts';
import { createDomain } from '../../db/queries/domains.ts';
import { createTemplate, publishTemplate } from '../../db/queries/publish-templates.ts';
import { createUser, setUserDisabled } from '../../db/queries/users.ts';
import { createLogger } from '../../infra/runtime/logger.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createFakeGateway, type FakeGateway } from './fake-gateway.ts';
import { sampleTemplate } from './projection-samples.ts';

/** By name: who they are. `rita` asks, `anna`, `ben` and `cleo` approve, `olaf` owns; the rest have no part. */
export const PEOPLE = {
  rita: 'requester',
  anna: 'approver',
  ben: 'approver',
  cleo: 'approver',
  olaf: 'owner',
  ada: 'administrator',
  'other-requester': 'requester',
  'other-approver': 'approver',
  'other-owner': 'owner',
  gone: 'administrator',
} as const satisfies Record<string, Role>;
export type Person = keyof typeof PEOPLE;

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The answer's JSON; undefined when it has none. */
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

export interface Sent {
  readonly as?: Person | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface TestApi {
  readonly url: string;
  readonly database: TestDatabase;
  readonly gateway: FakeGateway;
  readonly tokens: Readonly<Record<Person, string>>;
  readonly template: { readonly id: string; readonly template: Template };
  /** Every line the API has logged. */
  readonly logLines: string[];
  /** Sends a request below /api/v1; a POST gets a new Idempotency-Key unless one is given. */
  send(method: string, path: string, sent?: Sent): Promise<Answered>;
  close(): Promise<void>;
}

export const DOMAIN = 'corp.example.com';

export async function startTestApi({ allowShortIntervals = false } = {}): Promise<TestApi> {
  const database = await createTestDatabase();
  const { db } = database;
  const tokens = await makePeople(database);
  await createDomain(db, DOMAIN, new Date().toISOString());
  const template = await makeTemplate(database, sampleTemplate());
  const logLines: string[] = [];
  const logger = createLogger({
    program: 'api',
    level: 'info',
    destination: { write: (line) => void logLines.push(line) },
  });
  const gateway = createFakeGateway(db);
  const app = createApp({ db, gateway, clock: () => new Date(), logger, allowShortIntervals });
  const server = await startServer(app, { host: '127.0.0.1', port: 0 });
  return {
    url: server.url,
    database,
    gateway,
    tokens,
    template,
    logLines,
    send: (method, path, sent = {}) => send(server.url, tokens, method, path, sent),
    close: async () => {
      await server.drain(0);
      await database.drop();
    },
  };
}

/** A published template, made by ada. */
export async function makeTemplate({ db }: TestDatabase, template: Template): Promise<TestApi['template']> {
  const id = randomUUID();
  const at = new Date().toISOString();
  await createTemplate(db, { id, template, by: 'ada', at });
  await publishTemplate(db, { id, by: 'ada', at });
  return { id, template };
}

async function makePeople({ db }: TestDatabase): Promise<Record<Person, string>> {
  const tokens: Partial<Record<Person, string>> = {};
  for (const [name, role] of Object.entries(PEOPLE) as [Person, Role][]) {
    const token = newToken().reveal();
    tokens[name] = token;
    await createUser(db, { name, role, tokenHash: hashToken(token), createdAt: new Date().toISOString() });
  }
  await setUserDisabled(db, 'gone', true);
  return tokens as Record<Person, string>;
}

async function send(
  url: string,
  tokens: Readonly<Record<Person, string>>,
  method: string,
  path: string,
  { as, body, headers = {} }: Sent,
): Promise<Answered> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      ...(as ? { authorization: `Bearer ${tokens[as]}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
  };
}
