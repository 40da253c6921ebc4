/** Access tokens, signed (dsv-docs, `product/arch-and-security`), and the refresh tokens of users. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';

export interface Session {
  /** Such as `roles:alm`; dsv-cli reads it from the token's `sub` for the personal area. */
  readonly principal: string;
  /** Of the client credential that logged on; a user has none. */
  readonly clientId?: string;
}

interface Grant {
  readonly accessToken: string;
  readonly tokenType: 'bearer';
  readonly expiresIn: number;
  readonly refreshToken?: string;
}

export interface Tokens {
  /** Camel case on the wire, unlike OAuth (docs.delinea.com, DevOps Secrets Vault). Log-ons of users bring a refresh token. */
  grant(session: Session): Grant;
  /** Whose token it is; undefined when it is not ours, was changed or has run out. */
  read(accessToken: string): Session | undefined;
  /** Uses a refresh token up; undefined when it is not known or older than 48 hours. */
  redeem(refreshToken: string): Session | undefined;
}

/** From the access token that it came with: each new access token brings a new one (dsv-docs). dsv-cli assumes more. */
const REFRESH_TOKEN_LIFE_MS = 48 * 3_600_000;

export function createTokens(lifeSeconds: number, nowMs: () => number): Tokens {
  const key = randomBytes(32);
  const refreshTokens = new Map<string, { readonly session: Session; readonly untilMs: number }>();
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');

  return {
    grant(session) {
      const { principal, clientId } = session;
      const now = nowMs();
      const issued = Math.floor(now / 1_000);
      const claims = { sub: principal, cid: clientId, iat: issued, exp: issued + lifeSeconds, jti: randomUUID() };
      const head = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
      const grant = { accessToken: `${head}.${sign(head)}`, tokenType: 'bearer', expiresIn: lifeSeconds } as const;
      if (clientId !== undefined) return grant;
      const refreshToken = randomBytes(32).toString('base64url');
      refreshTokens.set(refreshToken, { session, untilMs: now + REFRESH_TOKEN_LIFE_MS });
      return { ...grant, refreshToken };
    },
    read(accessToken) {
      const [head, claims, signature] = accessToken.split('.');
      if (!head || !claims || signature !== sign(`${head}.${claims}`)) return undefined;
      const { sub, cid, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
        sub: string;
        cid?: string;
        exp: number;
      };
      if (nowMs() >= exp * 1_000) return undefined;
      return { principal: sub, ...(cid === undefined ? {} : { clientId: cid }) };
    },
    redeem(refreshToken) {
      const found = refreshTokens.get(refreshToken);
      refreshTokens.delete(refreshToken);
      return found && nowMs() < found.untilMs ? found.session : undefined;
    },
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
