/** Log-on at `{B}/oauth2/token`, the bearer check, log-out (docs.delinea.com, Secret Server REST API). */
import { randomBytes } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { bodyOf } from './arguments.ts';
import { refusal, type Refusal } from './refusals.ts';
import type { Token, User, World } from './types.ts';
import { isAtLeast } from './versions.ts';

/** What an unlimited session says: the largest integer of the vendor's field. */
const UNLIMITED_SECONDS = 2_147_483_647;
const MINUTE_MS = 60_000;
/** A refresh token outlives the session by this. */
const REFRESH_EXTRA_MS = 15 * MINUTE_MS;

/** Answers a token request. The form is parsed whatever the header says, as the vendor does. */
export function grantToken(world: World, request: Request): Record<string, unknown> {
  if (!world.settings.webServicesEnabled) throw logOnFailed('Web services are not enabled.');
  const form = new URLSearchParams(bodyOf(request).toString('utf8'));
  switch (form.get('grant_type')) {
    case 'password':
      return issue(world, userOfPassword(world, form, request.get('otp')), world.settings.maximumRefreshes);
    case 'client_credentials':
      return issue(world, userOfClient(world, form), world.settings.maximumRefreshes);
    case 'refresh_token':
      return refresh(world, form.get('refresh_token') ?? '');
    default:
      throw logOnFailed('unsupported_grant_type');
  }
}

function userOfPassword(world: World, form: URLSearchParams, otp: string | undefined): User {
  const [, prefix, bare] = /^(?:([^\\]+)\\)?(.*)$/s.exec(form.get('username') ?? '') ?? [];
  const domain = form.get('domain') || prefix;
  const user = [...world.users.values()].find((candidate) => {
    return lower(candidate.username) === lower(bare) && lower(candidate.domain) === lower(domain);
  });
  if (!user || !acceptsPassword(world, user, form.get('password'), otp)) throw logOnFailed('Login failed.');
  return user;
}

/** Entra ID users cannot use this grant, nor can application accounts: they log on with a client's id. */
function acceptsPassword(world: World, user: User, password: string | null, otp: string | undefined): boolean {
  if (!user.enabled || (user.kind !== 'local' && user.kind !== 'domain')) return false;
  if (world.settings.oneEnabled && user.email) return false;
  return password === user.password && (user.otp === undefined || user.otp === otp);
}

function lower(text: string | undefined): string {
  return (text ?? '').toLowerCase();
}

function userOfClient(world: World, form: URLSearchParams): User {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')];
  const client = [...world.sdkClients.values()].find(({ clientId }) => clientId === id);
  const user = client && world.users.get(client.userId);
  const accepted = client && !client.revoked && client.clientSecret === secret && user?.enabled;
  if (!accepted || !isAtLeast(world, '10.4')) throw logOnFailed('invalid_client');
  return user;
}

function refresh(world: World, value: string): Record<string, unknown> {
  const token = world.refreshTokens.get(value);
  // Single use, whatever comes of it.
  world.refreshTokens.delete(value);
  const user = token && world.users.get(token.userId);
  const living = token && world.nowMs() < token.expiresMs && refreshOffered(world);
  if (!living || !user?.enabled) throw logOnFailed('invalid_grant');
  return issue(world, user, token.refreshesLeft - 1);
}

function refreshOffered(world: World): boolean {
  const { refreshTokensEnabled, sessionTimeoutMinutes } = world.settings;
  return refreshTokensEnabled && sessionTimeoutMinutes !== null && isAtLeast(world, '10.7');
}

function issue(world: World, user: User, refreshesLeft: number): Record<string, unknown> {
  const minutes = world.settings.sessionTimeoutMinutes;
  const lifeMs = minutes === null ? UNLIMITED_SECONDS * 1_000 : minutes * MINUTE_MS;
  const accessToken = rememberToken(world, { userId: user.id, from: 'secret-server', lifeMs });
  const answer = {
    access_token: accessToken,
    token_type: 'bearer',
    // One second less than the session: 1199 for 20 minutes.
    expires_in: minutes === null ? UNLIMITED_SECONDS : minutes * 60 - 1,
  };
  if (!refreshOffered(world) || refreshesLeft < 1) return answer;
  const value = randomBytes(48).toString('base64url');
  const expiresMs = world.nowMs() + lifeMs + REFRESH_EXTRA_MS;
  world.refreshTokens.set(value, { userId: user.id, expiresMs, refreshesLeft });
  return { ...answer, refresh_token: value };
}

/** Makes a token that lives `lifeMs` from now. The life is fixed: use does not lengthen it (the stricter reading). */
export function rememberToken(
  world: World,
  token: { readonly userId: number; readonly from: Token['from']; readonly lifeMs: number },
): string {
  const value = randomBytes(96).toString('base64url');
  const { userId, from, lifeMs } = token;
  world.tokens.set(value, { userId, from, revoked: false, expiresMs: world.nowMs() + lifeMs });
  return value;
}

function logOnFailed(error: string): Refusal {
  return refusal({ status: 400, body: { error } });
}

/** The bearer of a request, or undefined. */
export function bearerOf(request: Request): string | undefined {
  return /^bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
}

/** The token of a request while it lives. */
export function livingToken(world: World, request: Request): Token | undefined {
  const token = world.tokens.get(bearerOf(request) ?? '');
  return token && !token.revoked && world.nowMs() < token.expiresMs ? token : undefined;
}

/** Puts the user of the bearer into `response.locals`, or refuses. */
export function authenticate(world: World) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!world.settings.webServicesEnabled) {
      throw refusal({ status: 403, body: { message: 'Web services are not enabled.' } });
    }
    const token = livingToken(world, request);
    const user = token && world.users.get(token.userId);
    if (!user?.enabled) {
      throw world.settings.deadTokenStatus === 401
        ? refusal({ status: 401 })
        : refusal({ status: 403, body: { message: 'Authentication failed or expired token.' } });
    }
    response.locals['user'] = user;
    next();
  };
}

/** Ends the token of the request: `POST /api/v1/oauth-expiration`. */
export function expireToken(world: World, request: Request): true {
  const token = world.tokens.get(bearerOf(request) ?? '');
  if (token) token.revoked = true;
  return true;
}
