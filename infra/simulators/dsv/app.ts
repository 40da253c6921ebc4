/** From HTTP to calls: faults, bodies, tokens, and which part answers what. */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { answerOf, refusal } from '../refusal.ts';
import { badRequest, send, UNAUTHORIZED, vaultRefusal, type Answer } from './answer.ts';
import { readBody } from './body.ts';
import { bootstrap, callClients } from './clients.ts';
import { decodedPath, faultHandler, type TakeFault } from '../faults.ts';
import { answerFault, type VaultFault } from './faults.ts';
import { isGood, logOn } from './log-on.ts';
import type { Query } from './pages.ts';
import type { Caller } from './permissions.ts';
import { callPolicies } from './policies.ts';
import { callRoles } from './roles.ts';
import { callHome, callSecrets } from './secrets.ts';
import type { Tokens } from './tokens.ts';
import type { Call, Vault } from './vault.ts';

export interface RecordedCall {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
}

interface AppOptions {
  readonly vault: Vault;
  readonly tokens: Tokens;
  readonly url: string;
  readonly take: TakeFault<VaultFault>;
  readonly calls: RecordedCall[];
}

/** The vendor's limit is not public; this one is small on purpose, and a 413 is the gateway's. */
const MAX_BODY_BYTES = 64 * 1_024;

/** What comes first of a path below `/v1`, and what follows. */
const RESOURCE = /^\/v1\/(token|secrets|home|clients|roles|config\/policies)(\/.*)?$/s;

export function createApp({ vault, tokens, url, take, calls }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((request, _response, next) => {
    calls.push({ method: request.method, path: decodedPath(request) });
    next();
  });
  app.use(faultHandler(take, answerFault));
  app.use(express.text({ type: () => true, limit: MAX_BODY_BYTES }));
  app.use((request, response) => send(response, answer(vault, tokens, `${url}/v1`, request)));
  // Express knows a handler of errors by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) =>
    send(response, answerOf<Answer>(error) ?? bodyAnswer(error)),
  );
  return app;
}

function answer(vault: Vault, tokens: Tokens, apiUrl: string, request: Request): Answer {
  const { method } = request;
  const [, resource, rest = ''] = RESOURCE.exec(decodePath(request.path)) ?? [];
  if (resource === 'token' && rest === '' && method === 'POST') {
    return logOn(vault, tokens, readBody(parseBody(request, true)));
  }
  const [, clientId] = /^\/bootstrap\/([^/]+)$/.exec(rest) ?? [];
  if (resource === 'clients' && clientId && method === 'GET') return bootstrap(vault, clientId);
  // The gateway asks for a token before anything else, for what is not there too.
  const caller = authenticate(vault, tokens, request);
  const call: Call = {
    method,
    rest,
    query: parseQuery(request.url),
    body: () => readBody(parseBody(request, false)),
    caller,
  };
  switch (resource) {
    case 'secrets':
      return callSecrets(vault, call);
    case 'home':
      return callHome(vault, call);
    case 'clients':
      return callClients(vault, apiUrl, call);
    case 'roles':
      return callRoles(vault, call);
    case 'config/policies':
      return callPolicies(vault, call);
    default:
      return { status: 404, body: { message: 'Not Found' } };
  }
}

/** `Bearer <token>`, as the SDKs send it, or the bare token, as dsv-cli does (docs.delinea.com, DevOps Secrets Vault). */
function authenticate(vault: Vault, tokens: Tokens, request: Request): Caller {
  const [, token] = /^(?:Bearer +)?([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const session = token === undefined ? undefined : tokens.read(token);
  if (!session || !isGood(vault, session)) throw refusal(UNAUTHORIZED);
  return { principal: session.principal, address: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '') };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw badRequest('the path is not encoded well');
  }
}

/** The body as JSON, or as a form where one is taken; undefined when there is none. */
function parseBody(request: Request, formToo: boolean): unknown {
  const text: unknown = request.body;
  if (typeof text !== 'string' || text === '') return undefined;
  if (formToo && request.is('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    if (request.is('application/json')) return JSON.parse(text) as unknown;
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest('the request body is not JSON');
}

/** Throws 400 when a parameter is there twice: it is not known which one the vendor takes. */
function parseQuery(url: string): Query {
  const query = new Map<string, string>();
  for (const [name, value] of new URL(url, 'https://localhost').searchParams) {
    if (query.has(name)) throw badRequest(`${name} is there twice`);
    query.set(name, value);
  }
  return query;
}

/** What the readers of bodies throw; anything else is a mistake of the simulator. */
function bodyAnswer(error: unknown): Answer {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return { status: 413, body: { message: 'Request Too Long' } };
  if (status === 400 || status === 415) return vaultRefusal(400, 'the request body cannot be read');
  return { status: 500, text: 'The simulator has a defect.' };
}
