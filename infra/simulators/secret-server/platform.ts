/** The Platform's half of the sign-on (docs.delinea.com, Secret Server REST API): health, token, vault broker. It has no secrets of its own. */
import { randomBytes } from 'node:crypto';
import { Router, type Request } from 'express';
import { bodyOf } from './arguments.ts';
import { refusal } from './refusals.ts';
import { livingToken, rememberToken } from './tokens.ts';
import type { World } from './types.ts';

/** No user of Secret Server has this id: a service user without rights there. */
const NOBODY = -1;

/** The routes of `https://{tenant}.delinea.app`. */
export function platformRoutes(world: World): Router {
  const router = Router();
  router.get('/health', (_request, response) => {
    if (!world.settings.healthy) throw refusal({ status: 503, body: { Healthy: false, healthy: false } });
    response.json({ Healthy: true, healthy: true });
  });
  router.post('/identity/api/oauth2/token/xpmplatform', (request, response) => {
    response.json(grant(world, request));
  });
  router.get('/vaultbroker/api/vaults', (request, response) => {
    const token = livingToken(world, request);
    if (token?.from !== 'platform') throw refusal({ status: 401 });
    response.json({ vaults: world.vaults });
  });
  return router;
}

function grant(world: World, request: Request): Record<string, unknown> {
  const form = new URLSearchParams(bodyOf(request).toString('utf8'));
  const kind = form.get('grant_type');
  if (kind === 'refresh_token') return refresh(world, form.get('refresh_token') ?? '');
  if (kind !== 'client_credentials') throw failed('unsupported_grant_type');
  const client = world.platformClients.find(({ clientId, clientSecret }) => {
    return clientId === form.get('client_id') && clientSecret === form.get('client_secret');
  });
  if (!client) throw failed('invalid_client');
  if (form.get('scope') !== 'xpmheadless') throw failed('invalid_scope');
  return issue(world, client.userId ?? NOBODY);
}

function refresh(world: World, value: string): Record<string, unknown> {
  const token = world.refreshTokens.get(value);
  world.refreshTokens.delete(value);
  if (!token || world.nowMs() >= token.expiresMs) throw failed('invalid_grant');
  return issue(world, token.userId);
}

function issue(world: World, userId: number): Record<string, unknown> {
  const seconds = world.settings.platformTokenSeconds;
  const lifeMs = seconds * 1_000;
  const refreshToken = randomBytes(48).toString('base64url');
  world.refreshTokens.set(refreshToken, { userId, expiresMs: world.nowMs() + 2 * lifeMs, refreshesLeft: 1 });
  return {
    access_token: rememberToken(world, { userId, from: 'platform', lifeMs }),
    refresh_token: refreshToken,
    id_token: randomBytes(48).toString('base64url'),
    token_type: 'Bearer',
    expires_in: seconds,
    session_expires_in: 2 * seconds,
    scope: 'xpmheadless',
  };
}

function failed(error: string) {
  return refusal({ status: 400, body: { error } });
}
