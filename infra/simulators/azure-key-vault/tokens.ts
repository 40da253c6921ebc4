/**
 * Signed tokens (JWT). The vault's clients must treat them as opaque; they are real so that a test can change one and
 * see it refused. Claims as in the vendor's page "Azure Key Vault REST API error codes", section 401.
 */
import { constants, createPublicKey, generateKeyPair, sign, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export interface TokenClaims {
  readonly aud: string;
  readonly iss: string;
  readonly tid: string;
  readonly appid: string;
  readonly oid: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
}

export interface TokenKey {
  sign(claims: TokenClaims): string;
  /** The claims, or undefined when this key did not sign the token. Says nothing about time, audience or tenant. */
  read(token: string): TokenClaims | undefined;
  /** The public half, for `jwks_uri`. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export interface ParsedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

export async function createTokenKey(): Promise<TokenKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const header = encode({ typ: 'JWT', alg: 'RS256', kid: 'simulator' });
  return {
    sign(claims) {
      const text = `${header}.${encode(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    },
    read(token) {
      const parsed = parseJwt(token);
      if (!parsed || parsed.header['alg'] !== 'RS256') return undefined;
      return isSignedBy(publicKey, 'RS256', parsed) ? (parsed.claims as unknown as TokenClaims) : undefined;
    },
    jwk: { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: 'simulator' },
  };
}

/** The parts of a JWT; undefined when it is none. Nothing is verified. */
export function parseJwt(token: string): ParsedJwt | undefined {
  const parts = token.split('.');
  if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part))) return undefined;
  const [header, claims] = [decode(parts[0]!), decode(parts[1]!)];
  if (!header || !claims) return undefined;
  return { header, claims, signed: `${parts[0]}.${parts[1]}`, signature: Buffer.from(parts[2]!, 'base64url') };
}

/** Whether the holder of the private half signed it, by RSA with SHA-256 and the padding that `algorithm` says. */
export function isSignedBy(key: KeyObject | string, algorithm: 'RS256' | 'PS256', jwt: ParsedJwt): boolean {
  const publicKey = typeof key === 'string' ? createPublicKey(key) : key;
  if (publicKey.asymmetricKeyType !== 'rsa') return false;
  const padding =
    algorithm === 'PS256'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { padding: constants.RSA_PKCS1_PADDING };
  return verify('sha256', Buffer.from(jwt.signed), { key: publicKey, ...padding }, jwt.signature);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
