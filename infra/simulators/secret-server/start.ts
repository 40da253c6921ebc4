/**
 * A stand-in for Secret Server, on premises, Cloud or behind the Platform, for tests: its REST API over
 * HTTPS on loopback, with state in memory. It logs nothing.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express, { Router, type Express, type RequestHandler } from 'express';
import { administrationOf, type Administration } from './administration.ts';
import { administrationRoutes, openRoutes } from './administration-routes.ts';
import { makeCertificate, type ServerCertificate } from '../certificate.ts';
import { dependencyRoutes } from './dependency-routes.ts';
import { createFaults, faultHandler, type Faults, type TakeFault } from '../faults.ts';
import { answerFault, type ServerFault } from './faults.ts';
import { folderPermissionRoutes } from './folder-permission-routes.ts';
import { folderRoutes } from './folder-routes.ts';
import { platformRoutes } from './platform.ts';
import { refusal, unknownRoute } from './refusals.ts';
import { answerErrors } from './routing.ts';
import { secretFieldRoutes } from './secret-fields.ts';
import { secretOperationRoutes } from './secret-operations.ts';
import { secretPermissionRoutes } from './secret-permission-routes.ts';
import { secretRoutes } from './secret-routes.ts';
import { secretSearchRoutes } from './secret-search.ts';
import { templateRoutes } from './template-routes.ts';
import { authenticate, grantToken } from './tokens.ts';
import type { Settings, World } from './types.ts';
import { createWorld } from './world.ts';

const MAXIMUM_BODY = '100mb';
const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><title>Login</title></head><body><form action="Login.aspx"></form></body></html>';

export interface SecretServerOptions {
  /** Such as `/SecretServer`; none (as Cloud has it) when absent. */
  readonly virtualDirectory?: string;
  readonly settings?: Partial<Settings>;
  readonly nowMs?: () => number;
}

export type Snapshot = Omit<World, 'nowMs' | 'nextId' | 'tokens' | 'refreshTokens'> & { readonly tokensIssued: number };

export interface SecretServerSimulator {
  /** The base `{B}`: origin and virtual directory, no slash at the end. */
  readonly url: string;
  /** The origin of the Platform, whose default vault is this server. */
  readonly platformUrl: string;
  /** The authority that signed both certificates. */
  readonly caPem: string;
  readonly faults: Faults<ServerFault>;
  readonly admin: Administration;
  /** A copy of all there is but the tokens. It has passwords: never print it. */
  snapshot(): Snapshot;
  close(): Promise<void>;
}

/** Starts the simulator on two free ports of 127.0.0.1: Secret Server, and the Platform in front of it. */
export async function startSecretServerSimulator(options: SecretServerOptions = {}): Promise<SecretServerSimulator> {
  const world = createWorld(options.nowMs ?? Date.now, options.settings ?? {});
  const { faults, take } = createFaults<ServerFault>();
  const virtualDirectory = (options.virtualDirectory ?? '').replace(/\/+$/, '');
  const certificate = await makeCertificate('secret-server.test');
  const own = await listen(secretServer(world, take, virtualDirectory), certificate);
  const platform = await listen(platformServer(world, take), certificate);
  const url = `${own.origin}${virtualDirectory}`;
  const connection = { url: `${url}/`, oAuthProfileId: '6f0b9f0e-0000-4000-8000-000000000002' };
  const flags = { isDefault: true, isGlobalDefault: true, isActive: true };
  const vaultId = '6f0b9f0e-0000-4000-8000-000000000001';
  world.vaults = [{ vaultId, name: 'Default', type: 'SecretServer', ...flags, connection }];
  return {
    url,
    platformUrl: platform.origin,
    caPem: certificate.caPem,
    faults,
    admin: administrationOf(world),
    snapshot: () => snapshotOf(world),
    close: async () => void (await Promise.all([own.close(), platform.close()])),
  };
}

function secretServer(world: World, take: TakeFault<ServerFault>, virtualDirectory: string): Express {
  const application = bareApplication(world, take);
  const base = Router();
  base.post('/oauth2/token', (request, response) => {
    response.set('cache-control', 'no-store').json(grantToken(world, request));
  });
  base.all('/oauth2/token', () => {
    throw refusal({ status: 405, body: { message: 'The requested resource does not support this method.' } });
  });
  base.use(openRoutes(world));
  base.use('/api', authenticate(world), ...restRoutes(world), () => {
    throw unknownRoute();
  });
  application.use(virtualDirectory || '/', base);
  // Whatever else is asked for, a wrong virtual directory above all, is led to the log-on page: 200 and HTML.
  application.use((_request, response) => void response.type('html').send(LOGIN_PAGE));
  application.use(answerErrors);
  return application;
}

/** Fixed names come before those with an id in their place. */
function restRoutes(world: World): Router[] {
  return [
    secretSearchRoutes(world),
    secretOperationRoutes(world),
    secretPermissionRoutes(world),
    secretFieldRoutes(world),
    secretRoutes(world),
    folderPermissionRoutes(world),
    folderRoutes(world),
    templateRoutes(world),
    dependencyRoutes(world),
    administrationRoutes(world),
  ];
}

function platformServer(world: World, take: TakeFault<ServerFault>): Express {
  const application = bareApplication(world, take);
  application.use(platformRoutes(world));
  application.use(() => {
    throw unknownRoute();
  });
  application.use(answerErrors);
  return application;
}

function bareApplication(world: World, take: TakeFault<ServerFault>): Express {
  const application = express();
  application.disable('x-powered-by');
  // Neither server knows conditional requests.
  application.disable('etag');
  application.use(
    countCalls(world),
    express.raw({ type: () => true, limit: MAXIMUM_BODY }),
    faultHandler(take, answerFault),
  );
  return application;
}

/** Method, path and status (0: not answered) only: queries and bodies may have secrets in them. */
function countCalls(world: World): RequestHandler {
  return (request, response, next) => {
    const call = { method: request.method, path: request.path, status: 0 };
    world.calls.push(call);
    response.on('finish', () => (call.status = response.statusCode));
    next();
  };
}

async function listen(application: Express, { certificatePem, keyPem }: ServerCertificate) {
  const server = createServer({ cert: certificatePem, key: keyPem, minVersion: 'TLSv1.2' }, application);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://127.0.0.1:${port}`,
    close: async () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function snapshotOf(world: World): Snapshot {
  const { nowMs: _nowMs, nextId: _nextId, tokens, refreshTokens: _refreshTokens, ...rest } = world;
  return { ...structuredClone(rest), tokensIssued: tokens.size };
}
