/**
 * The proof by certificate that stands in for a client secret: a JWT signed with the certificate's key (vendor's page
 * "Microsoft identity platform application authentication certificate credentials").
 */
import { X509Certificate } from 'node:crypto';
import type { Principal } from './principals.ts';
import { isSignedBy, parseJwt, type ParsedJwt } from './tokens.ts';

/** What the vendor recommends as the longest life; the real authority is more patient. */
const LONGEST_LIFE_SECONDS = 600;

export interface AssertionRefusal {
  /** The number in `AADSTS…`. */
  readonly number: number;
  readonly message: string;
}

/** Answers why the assertion proves nothing, or undefined when it proves that the caller is `principal`. */
export function refuseAssertion(
  assertion: string,
  principal: Principal,
  audiences: readonly string[],
  nowMs: number,
): AssertionRefusal | undefined {
  const jwt = parseJwt(assertion);
  if (!jwt) return { number: 50027, message: 'The client assertion is not a token.' };
  const algorithm = jwt.header['alg'];
  if (algorithm !== 'RS256' && algorithm !== 'PS256') {
    return { number: 700027, message: 'The algorithm of the client assertion is not supported.' };
  }
  const certificate = principal.certificatesPem
    .map((pem) => new X509Certificate(pem))
    .find((candidate) => hasThumbprint(jwt, candidate));
  if (!certificate) {
    return { number: 700027, message: 'The certificate of the client assertion is not registered on the application.' };
  }
  if (!isSignedBy(certificate.publicKey, algorithm, jwt)) {
    return { number: 700027, message: 'The client assertion failed signature validation.' };
  }
  if (nowMs < Date.parse(certificate.validFrom) || nowMs >= Date.parse(certificate.validTo)) {
    return { number: 700027, message: 'The certificate of the client assertion is outside its validity.' };
  }
  return refuseClaims(jwt, principal, audiences, nowMs);
}

function refuseClaims(
  { claims }: ParsedJwt,
  principal: Principal,
  audiences: readonly string[],
  nowMs: number,
): AssertionRefusal | undefined {
  if (typeof claims['aud'] !== 'string' || !audiences.includes(claims['aud'])) {
    return { number: 700023, message: 'The audience of the client assertion is not this authority.' };
  }
  if (claims['iss'] !== principal.clientId || claims['sub'] !== principal.clientId) {
    return { number: 700021, message: 'Issuer and subject of the client assertion must be the client id.' };
  }
  if (typeof claims['jti'] !== 'string' || claims['jti'] === '') {
    return { number: 700027, message: 'The client assertion has no jti.' };
  }
  const { nbf, exp } = claims;
  const now = nowMs / 1_000;
  const timely = typeof nbf === 'number' && typeof exp === 'number' && nbf <= now + 1 && now < exp;
  if (!timely || exp - nbf > LONGEST_LIFE_SECONDS) {
    return { number: 700024, message: 'The client assertion is not within its valid time range.' };
  }
  return undefined;
}

/** By SHA-256 when the header names one (what the vendor asks for now), else by SHA-1. */
function hasThumbprint(jwt: ParsedJwt, certificate: X509Certificate): boolean {
  const matches = (claimed: unknown, fingerprint: string) =>
    typeof claimed === 'string' &&
    Buffer.from(claimed, 'base64url').equals(Buffer.from(fingerprint.replaceAll(':', ''), 'hex'));
  const { x5t, 'x5t#S256': sha256 } = jwt.header;
  return sha256 === undefined ? matches(x5t, certificate.fingerprint) : matches(sha256, certificate.fingerprint256);
}
