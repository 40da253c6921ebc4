/** `POST /v1/token`, JSON or a form (docs.delinea.com, DevOps Secrets Vault), and what a token is worth afterwards. */
import { badRequest, notAuthenticated, type Answer } from './answer.ts';
import type { Body } from './body.ts';
import type { Session, Tokens } from './tokens.ts';
import { userPrincipal, type Client, type Vault } from './vault.ts';

/** What each grant must bring. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  client_credentials: ['client_id', 'client_secret'],
  password: ['username', 'password'],
  refresh_token: ['refresh_token'],
  aws_iam: ['aws_headers', 'aws_body'],
  azure: ['jwt'],
  gcp: ['jwt'],
  oidc: ['provider', 'authorization_code', 'callback_url', 'state'],
  certificate: ['cert_challenge_id', 'decrypted_challenge'],
};

/** Throws 400 on a request that is not complete, and 401 with a code on credentials that are not good. */
export function logOn(vault: Vault, tokens: Tokens, body: Body): Answer {
  const grantType = body.text('grant_type') ?? '';
  const required = Object.hasOwn(REQUIRED, grantType) ? REQUIRED[grantType] : undefined;
  if (!required) throw badRequest('the grant_type is not known');
  for (const name of required) if (!body.text(name)) throw badRequest(`${name} is required`);
  const session = identify(vault, tokens, grantType, body);
  if (!session) throw notAuthenticated();
  return { status: 200, body: tokens.grant(session) };
}

/** Whether what the session logged on with is still there: the client and its role, or the user. Tokens die with it. */
export function isGood(vault: Vault, { principal, clientId }: Session): boolean {
  if (clientId === undefined) return vault.users.has(principal);
  const client = vault.clients.peek(clientId);
  return client !== undefined && vault.roles.peek(client.role) !== undefined && !isOver(client, vault.nowMs());
}

/** The grants of clouds, OpenID providers and certificates bring nobody in: the simulator has no such provider. */
function identify(vault: Vault, tokens: Tokens, grantType: string, body: Body): Session | undefined {
  switch (grantType) {
    case 'client_credentials':
      return useClient(vault, body.text('client_id')!, body.text('client_secret')!);
    case 'password': {
      const principal = userPrincipal(body.text('username')!, body.text('provider'));
      return vault.users.get(principal)?.password === body.text('password') ? { principal } : undefined;
    }
    case 'refresh_token':
      return tokens.redeem(body.text('refresh_token')!);
    default:
      return undefined;
  }
}

function useClient(vault: Vault, clientId: string, clientSecret: string): Session | undefined {
  const client = vault.clients.peek(clientId);
  if (!client || client.clientSecret !== clientSecret) return undefined;
  if (client.usesLimit > 0 && client.usedCount >= client.usesLimit) return undefined;
  const session = { principal: `roles:${client.role}`, clientId };
  if (!isGood(vault, session)) return undefined;
  vault.clients.put(clientId, { ...client, usedCount: client.usedCount + 1 });
  return session;
}

function isOver(client: Client, nowMs: number): boolean {
  return client.ttl > 0 && nowMs >= client.activeFromMs + client.ttl * 1_000;
}
