/** The vault's paths. The order of checks: token, api-version, permission, name and body, state of the secret. */
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { refusal } from '../refusal.ts';
import { badParameter, send, vaultRefusal } from './answer.ts';
import type { Gate } from './authentication.ts';
import { LIST_PARAMETERS, type Lists } from './lists.ts';
import type { Operations } from './operations.ts';
import type { SecretPermission } from './principals.ts';
import type { TokenClaims } from './tokens.ts';
import { checkName, checkQuery } from './validation.ts';

/** Long enough for the largest value with every character escaped, and its tags. */
const readJson = express.json({ limit: '256kb' });

export function createVaultRouter(gate: Gate, operations: Operations, lists: Lists): Router {
  const router = express.Router({ caseSensitive: true });

  router.use(['/secrets', '/deletedsecrets'], (request, response, next) => {
    response.locals['caller'] = gate.authenticate(request.get('authorization'));
    next();
  });

  /** Handlers for an operation: permission first, then the body, then the work; what it returns is the answer. */
  const needs = (
    permission: SecretPermission,
    work: (name: string, request: Request) => object | void,
    parameters: readonly string[] = [],
  ): RequestHandler[] => [
    (request, response, next) => {
      checkQuery(request.query, parameters);
      gate.authorize(callerOf(response), permission);
      next();
    },
    readJson,
    (request, response) => {
      const name = request.params['name'];
      const body = work(typeof name === 'string' ? checkName(name) : '', request);
      send(response, body ? { status: 200, body } : { status: 204 });
    },
  ];
  const versionOf = (request: Request) => String(request.params['version']);

  router
    .route('/secrets')
    .get(needs('list', (_name, { query }) => lists.secrets(query), LIST_PARAMETERS))
    .all(methodNotAllowed);
  router.post(
    '/secrets/restore',
    needs('restore', (_name, request) => operations.restore(jsonOf(request))),
  );
  router
    .route('/secrets/:name')
    .get(needs('get', (name) => operations.get(name)))
    .put(needs('set', (name, request) => operations.set(name, jsonOf(request))))
    .delete(needs('delete', (name) => operations.remove(name)))
    // The real one takes an update without a version for one of the newest; a client that races would change another.
    .patch(() => {
      throw badParameter('The version to update must be named.');
    })
    .all(methodNotAllowed);
  router
    .route('/secrets/:name/versions')
    .get(needs('list', (name, { query }) => lists.versions(name, query), LIST_PARAMETERS))
    .all(methodNotAllowed);
  router
    .route('/secrets/:name/backup')
    .post(needs('backup', (name) => operations.backup(name)))
    .all(methodNotAllowed);
  router
    .route('/secrets/:name/:version')
    .get(needs('get', (name, request) => operations.get(name, versionOf(request))))
    .patch(needs('set', (name, request) => operations.update(name, versionOf(request), jsonOf(request))))
    .all(methodNotAllowed);
  router
    .route('/deletedsecrets')
    .get(needs('list', (_name, { query }) => lists.deleted(query), LIST_PARAMETERS))
    .all(methodNotAllowed);
  router
    .route('/deletedsecrets/:name')
    .get(needs('get', (name) => operations.getDeleted(name)))
    .delete(needs('purge', (name) => operations.purge(name)))
    .all(methodNotAllowed);
  router
    .route('/deletedsecrets/:name/recover')
    .post(needs('recover', (name) => operations.recover(name)))
    .all(methodNotAllowed);
  return router;
}

function callerOf(response: Response): TokenClaims {
  return response.locals['caller'] as TokenClaims;
}

function jsonOf(request: Request): unknown {
  if (!request.is('application/json')) {
    throw refusal(vaultRefusal(415, 'UnsupportedMediaType', 'The body must be application/json.'));
  }
  return request.body as unknown;
}

function methodNotAllowed(_request: Request, response: Response): void {
  send(response, vaultRefusal(405, 'MethodNotAllowed', 'The resource does not know this method.'));
}
