/**
 * The token authority: the client-credentials grant of the Microsoft identity platform, version 2 of its endpoints, for
 * applications with a secret or a certificate (vendor's page "OAuth 2.0 client credentials flow").
 */
import { randomUUID } from 'node:crypto';
import express, { type Router } from 'express';
import { refusal } from '../refusal.ts';
import { send, type Answer } from './answer.ts';
import { refuseAssertion } from './client-assertion.ts';
import type { Principal, Principals } from './principals.ts';
import type { TokenIssuer } from './issuer.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

type Form = Readonly<Record<string, unknown>>;

interface AuthorityOptions {
  /** The address of the authority, without a trailing slash. */
  readonly url: string;
  readonly principals: Principals;
  readonly issuer: TokenIssuer;
  readonly nowMs: () => number;
}

/** Routes `/{tenant}/…`; what asks for anything else passes. */
export function createAuthorityRouter(options: AuthorityOptions): Router {
  const { url, issuer } = options;
  const router = express.Router({ caseSensitive: true });
  router.get('/:tenant/v2.0/.well-known/openid-configuration', (request, response) => {
    const tenant = checkTenant(options, request.params.tenant);
    send(response, {
      status: 200,
      body: {
        issuer: `${url}/${tenant}/v2.0`,
        authorization_endpoint: `${url}/${tenant}/oauth2/v2.0/authorize`,
        token_endpoint: `${url}/${tenant}/oauth2/v2.0/token`,
        token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
        jwks_uri: `${url}/${tenant}/discovery/v2.0/keys`,
        response_types_supported: ['code', 'id_token'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
      },
    });
  });
  router.get('/:tenant/discovery/v2.0/keys', (request, response) => {
    checkTenant(options, request.params.tenant);
    send(response, { status: 200, body: { keys: [issuer.jwk] } });
  });
  router.post('/:tenant/oauth2/v2.0/token', express.urlencoded({ extended: false }), (request, response) => {
    const tenant = checkTenant(options, request.params.tenant);
    if (!request.is('application/x-www-form-urlencoded')) throw oauth(900144, 'The request body must be a form.');
    send(response, grant(options, tenant, request.body as Form));
  });
  return router;
}

function grant(options: AuthorityOptions, tenant: string, form: Form): Answer {
  const grantType = field(form, 'grant_type');
  if (grantType !== 'client_credentials') {
    throw oauth(70003, 'The grant type is not supported.', { error: 'unsupported_grant_type' });
  }
  const clientId = field(form, 'client_id');
  const resource = resourceOf(options, field(form, 'scope'));
  const principal = options.principals.find(tenant, clientId);
  if (!principal) {
    throw oauth(700016, 'The application was not found in the directory.', { error: 'unauthorized_client' });
  }
  authenticate(options, tenant, principal, form);
  const { token, lifeSeconds } = options.issuer.issue(principal, resource);
  return {
    status: 200,
    headers: { 'cache-control': 'no-store, no-cache' },
    body: { token_type: 'Bearer', expires_in: lifeSeconds, ext_expires_in: lifeSeconds, access_token: token },
  };
}

/** Throws unless the form proves, in exactly one way, to come from `principal`. */
function authenticate({ url, nowMs }: AuthorityOptions, tenant: string, principal: Principal, form: Form): void {
  const { client_secret: secret, client_assertion: assertion } = form;
  if ((secret === undefined) === (assertion === undefined)) {
    throw oauth(7000216, 'Exactly one of client_secret and client_assertion is required.', { error: 'invalid_client' });
  }
  if (assertion === undefined) return checkSecret(principal, field(form, 'client_secret'), nowMs());
  if (field(form, 'client_assertion_type') !== ASSERTION_TYPE) {
    throw oauth(900144, 'The client_assertion_type is not known.');
  }
  const audiences = [`${url}/${tenant}/oauth2/v2.0/token`, `${url}/${tenant}/v2.0`];
  const refused = refuseAssertion(field(form, 'client_assertion'), principal, audiences, nowMs());
  if (refused) throw oauth(refused.number, refused.message, { status: 401, error: 'invalid_client' });
}

function checkSecret(principal: Principal, given: string, nowMs: number): void {
  const secret = principal.secrets.find(({ value }) => value === given);
  const refuse = (number: number, message: string) => oauth(number, message, { status: 401, error: 'invalid_client' });
  if (!secret) throw refuse(7000215, 'The client secret is not valid.');
  if (secret.expiresAtMs !== undefined && nowMs >= secret.expiresAtMs) {
    throw refuse(7000222, 'The client secret has expired.');
  }
}

/** The resource that a scope such as `https://vault.azure.net/.default` stands for. */
function resourceOf({ issuer }: AuthorityOptions, scope: string): string {
  const resource = /^(\S+)\/\.default$/.exec(scope)?.[1];
  if (!resource) throw oauth(1002012, 'The scope must be a resource with /.default.', { error: 'invalid_scope' });
  if (!issuer.knowsResource(resource)) {
    throw oauth(500011, 'The resource was not found in the tenant.', { error: 'invalid_resource' });
  }
  return resource;
}

function checkTenant({ principals }: AuthorityOptions, tenant: string): string {
  if (!principals.isTenant(tenant)) throw oauth(90002, 'The tenant was not found.');
  return tenant;
}

/** A form field that is there once and not empty. */
function field(form: Form, name: string): string {
  const value = form[name];
  if (typeof value !== 'string' || value === '') {
    throw oauth(900144, `The request body must contain the parameter ${name}, once.`);
  }
  return value;
}

/** The authority's form of an error, with its `AADSTS` number; 400 `invalid_request` unless told otherwise. */
function oauth(number: number, message: string, { status = 400, error = 'invalid_request' } = {}): Error {
  return refusal({
    status,
    body: {
      error,
      error_description: `AADSTS${number}: ${message}`,
      error_codes: [number],
      trace_id: randomUUID(),
      correlation_id: randomUUID(),
    },
  });
}
