/**
 * Tokens for managed identities, over plain http as in Azure: the instance metadata service of virtual machines (IMDS)
 * and the endpoint of App Service (vendor's pages "How to use managed identities … to acquire an access token" and
 * "How to use managed identities for App Service").
 */
import express, { type Response, type Router } from 'express';
import { send } from './answer.ts';
import type { TokenIssuer } from './issuer.ts';
import type { Principal } from './principals.ts';

export const IMDS_PATH = '/metadata/identity/oauth2/token';
export const APP_SERVICE_PATH = '/msi/token';

type Query = Readonly<Record<string, unknown>>;

interface ManagedIdentityOptions {
  /** The one identity of the machine; undefined when it has none. */
  readonly identity: () => Principal | undefined;
  /** What App Service hands to the programs it runs, and wants back in `X-IDENTITY-HEADER`. */
  readonly header: string;
  readonly issuer: TokenIssuer;
}

export function createManagedIdentityRouter({ identity, header, issuer }: ManagedIdentityOptions): Router {
  const router = express.Router({ caseSensitive: true });

  /** Checks what both endpoints have in common, and issues. */
  function issue(response: Response, query: Query, apiVersion: string) {
    if (query['api-version'] !== apiVersion) return refuse(response, 'invalid_request', 'Unknown api-version.');
    const { resource, client_id: clientId } = query;
    if (typeof resource !== 'string' || !issuer.knowsResource(resource)) {
      return refuse(response, 'invalid_resource', 'AADSTS500011: The resource was not found in the tenant.');
    }
    const principal = identity();
    if (!principal || (clientId !== undefined && clientId !== principal.clientId)) {
      return refuse(response, 'invalid_request', 'Identity not found');
    }
    const { token, ...times } = issuer.issue(principal, resource);
    const common = { access_token: token, client_id: principal.clientId, resource, token_type: 'Bearer' };
    return { ...common, expires_on: String(times.expiresAt), notBefore: times.notBefore, life: times.lifeSeconds };
  }

  router.get(IMDS_PATH, (request, response) => {
    if (request.get('metadata') !== 'true') {
      return refuse(response, 'invalid_request', 'Required metadata header not specified');
    }
    // A request that came through a proxy may be somebody else's.
    if (request.get('x-forwarded-for')) return refuse(response, 'invalid_request', 'The request was forwarded.');
    const issued = issue(response, request.query, '2018-02-01');
    if (!issued) return;
    const { notBefore, life, ...rest } = issued;
    const seconds = { expires_in: String(life), ext_expires_in: String(life), not_before: String(notBefore) };
    send(response, { status: 200, body: { ...rest, ...seconds } });
  });

  router.get(APP_SERVICE_PATH, (request, response) => {
    if (request.get('x-identity-header') !== header) {
      return send(response, { status: 401, body: { statusCode: 401, message: 'Unauthorized' } });
    }
    const issued = issue(response, request.query, '2019-08-01');
    if (!issued) return;
    const { access_token, client_id, expires_on, resource, token_type } = issued;
    send(response, { status: 200, body: { access_token, client_id, expires_on, resource, token_type } });
  });
  return router;
}

function refuse(response: Response, error: string, description: string): undefined {
  send(response, { status: 400, body: { error, error_description: description } });
}
