/**
 * A stand-in for an Azure Key Vault and the token authority in front of it (learn.microsoft.com, Key Vault REST API). It keeps everything in
 * memory, logs nothing, and is stricter than the real one wherever the vendor leaves something open.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { answerOf } from '../refusal.ts';
import { send, vaultRefusal, type Answer } from './answer.ts';
import { createGate, type PermissionModel } from './authentication.ts';
import { createAuthorityRouter } from './authority.ts';
import { makeCertificate } from '../certificate.ts';
import { createFaults, decodedPath, faultHandler, type Faults } from '../faults.ts';
import { answerFault, type VaultFault } from './faults.ts';
import { createIssuer, VAULT_RESOURCE } from './issuer.ts';
import { createLists } from './lists.ts';
import { APP_SERVICE_PATH, createManagedIdentityRouter } from './managed-identity.ts';
import { createOperations } from './operations.ts';
import { createPrincipals, type Application, type Principals } from './principals.ts';
import { takeSnapshot, type CallRecord, type Snapshot } from './snapshot.ts';
import { createStore, type Consistency } from './store.ts';
import { createTokenKey } from './tokens.ts';
import { createVaultRouter } from './vault-router.ts';
import { SECONDS_A_DAY } from './bundles.ts';

export interface AzureKeyVaultOptions {
  readonly applications: readonly Application[];
  /** The vault's tenant; by default a new one. */
  readonly tenantId?: string;
  /** The client id of the application that is the machine's managed identity; by default there is none. */
  readonly managedIdentityClientId?: string;
  readonly permissionModel?: PermissionModel;
  /** How long a deleted secret can be recovered, 7 to 90 days; by default 90. */
  readonly recoverableDays?: number;
  readonly purgeProtection?: boolean;
  /** How long deleting, recovering and purging take; by default `DEFAULT_LAG` of store.ts. */
  readonly consistency?: Consistency;
  readonly tokenLifeSeconds?: number;
  readonly nowMs?: () => number;
}

export interface TokenRequest {
  readonly clientId: string;
  /** By default the vault's tenant. */
  readonly tenantId?: string;
  /** By default the vault's resource. */
  readonly audience?: string;
  readonly lifeSeconds?: number;
}

export interface AzureKeyVaultSimulator {
  /** The vault's address, such as `https://127.0.0.1:40123`. */
  readonly url: string;
  /** The token authority's address without a tenant; the same server. */
  readonly authorityUrl: string;
  readonly tenantId: string;
  readonly caPem: string;
  readonly managedIdentity: {
    /** For `AZURE_POD_IDENTITY_AUTHORITY_HOST`, in place of `http://169.254.169.254`. */
    readonly imdsHost: string;
    /** For `IDENTITY_ENDPOINT`. */
    readonly appServiceEndpoint: string;
    /** For `IDENTITY_HEADER`. */
    readonly appServiceHeader: string;
  };
  readonly faults: Faults<VaultFault>;
  /** Changes an application's secrets, certificates or permissions. */
  readonly updateApplication: Principals['update'];
  setConsistency(consistency: Consistency): void;
  /** A token as the authority would issue it, without asking for proof. */
  issueToken(request: TokenRequest): string;
  /** A copy of the state, secret values included. */
  snapshot(): Snapshot;
  close(): Promise<void>;
}

/** Starts the vault and its authority on one https port of loopback, and the managed-identity endpoints on a http port. */
export async function startAzureKeyVaultSimulator(options: AzureKeyVaultOptions): Promise<AzureKeyVaultSimulator> {
  const { nowMs = Date.now, tenantId = randomUUID(), recoverableDays = 90 } = options;
  if (recoverableDays < 7 || recoverableDays > 90) throw new Error('recoverableDays must be between 7 and 90');
  const [certificate, key] = await Promise.all([makeCertificate('Key Vault'), createTokenKey()]);
  const [vaultApp, identityApp] = [createApp(), createApp()];
  const vaultServer = createHttpsServer({ cert: certificate.certificatePem, key: certificate.keyPem }, vaultApp);
  const identityServer = createHttpServer(identityApp);
  const url = `https://127.0.0.1:${await listen(vaultServer)}`;
  const imdsHost = `http://127.0.0.1:${await listen(identityServer)}`;

  const principals = createPrincipals(options.applications, tenantId, randomUUID);
  const issuer = createIssuer(key, nowMs, options.tokenLifeSeconds ?? 3_599);
  const { permissionModel = 'access-policy', purgeProtection = false } = options;
  const gate = createGate({ authorityUrl: url, tenantId, permissionModel, principals, key, nowMs });
  const store = createStore(nowMs, recoverableDays * SECONDS_A_DAY, options.consistency);
  const rules = { url, recoverableDays, purgeProtection };
  const appServiceHeader = randomBytes(16).toString('hex');
  const { managedIdentityClientId } = options;
  const identity = () => managedIdentityClientId && principals.find(tenantId, managedIdentityClientId);

  const { faults, take } = createFaults<VaultFault>();
  const calls: CallRecord[] = [];
  for (const app of [vaultApp, identityApp]) app.use(recorder(calls), faultHandler(take, answerFault(gate.expired)));
  vaultApp.use(createVaultRouter(gate, createOperations(store, rules, nowMs), createLists(store, rules)));
  vaultApp.use(createAuthorityRouter({ url, principals, issuer, nowMs }));
  identityApp.use(
    createManagedIdentityRouter({ identity: () => identity() || undefined, header: appServiceHeader, issuer }),
  );
  for (const app of [vaultApp, identityApp]) app.use(nothingThere, refuse);

  return {
    url,
    authorityUrl: url,
    tenantId,
    caPem: certificate.caPem,
    managedIdentity: { imdsHost, appServiceEndpoint: `${imdsHost}${APP_SERVICE_PATH}`, appServiceHeader },
    faults,
    updateApplication: principals.update,
    setConsistency: store.setConsistency,
    issueToken({ clientId, tenantId: tenant = tenantId, audience = VAULT_RESOURCE, lifeSeconds }) {
      const objectId = principals.find(tenant, clientId)?.objectId ?? randomUUID();
      return issuer.issue({ clientId, tenantId: tenant, objectId }, audience, lifeSeconds).token;
    },
    snapshot: () => takeSnapshot(store, calls, issuer.count()),
    close: async () => void (await Promise.all([vaultServer, identityServer].map(stop))),
  };
}

function createApp(): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  return app;
}

/** Notes each call when its answer has gone or its connection is cut. */
function recorder(calls: CallRecord[]) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const [method, path] = [request.method, decodedPath(request)];
    response.once('close', () =>
      calls.push({ method, path, status: response.writableFinished ? response.statusCode : 'cut' }),
    );
    response.set('x-ms-request-id', randomUUID());
    next();
  };
}

function nothingThere(_request: Request, response: Response): void {
  send(response, vaultRefusal(404, 'NotFound', 'There is no such resource.'));
}

function refuse(error: unknown, _request: Request, response: Response, _next: NextFunction): void {
  const own = answerOf<Answer>(error);
  // What express says of a broken path, an unreadable body or one that is too long has a status of 400 to 415.
  const status = (error as { status?: unknown } | undefined)?.status;
  const malformed = typeof status === 'number' && status >= 400 && status < 500;
  if (own) send(response, own);
  else if (malformed) send(response, vaultRefusal(400, 'BadParameter', 'The request is malformed.'));
  else send(response, vaultRefusal(500, 'InternalServerError', 'The simulator failed.'));
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
